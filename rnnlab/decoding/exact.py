"""Find the most probable text of all, and prove it: depth-first branch and bound.

A text is complete once it ends or has the greatest length. Log-probs only fall as a text grows, so
that no hypothesis y whose total is not above that of the best complete text y* leads to a better:

    cut y where log p(y) <= log p(y*).

y* begins as the best of a beam, and each better text that is found takes its place; of equally
probable ones the first that was found stays. The deepest hypotheses go on first, the best of them
before the others, some dozens in one model step. The search may end before its time, once it has
read as many rows as its budget allows: then the greatest total of what is still open bounds the
log-prob of every text. Without an end of the sentence, all texts are just as long, and the tree is
as good as never searched whole but for short ones.

Source: Stahlberg and Byrne (2019), "On NMT search errors and model errors: cat got your tongue?",
algorithm 1.
Shapes: P prompts, R rows, N candidates, V tokens of the vocabulary.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from rnnlab.decoding import beam
from rnnlab.decoding._base import Decoder, Expansion, Frame, Pruned
from rnnlab.decoding._beam import Finisher, candidates, possible
from rnnlab.decoding._hypothesis import Candidates, Generation, empty_hypothesis
from rnnlab.decoding._limits import Limits
from rnnlab.decoding._numbers import NEVER, largest
from rnnlab.decoding._options import Options
from rnnlab.decoding._text import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rnnlab.decoding._base import Last, SearchStart, State, Step
    from rnnlab.decoding._hypothesis import Hypothesis
    from rnnlab.decoding._numbers import LogProbs

_BATCH = 32
"""Rows in a model step: more make a step cheaper by the row, and more rows in vain."""


class ExactOptions(Options):
    """The first bound and how far to go, beside the filters of every decoder."""

    bound: Literal["beam", "greedy"] = "beam"
    """What finds the first text, above which the search looks."""
    k: int = Field(10, ge=1, le=1000)
    """Width of the beam that finds the first text."""
    budget: int = Field(20_000, ge=0, le=100_000_000)
    """Model rows that the search may read for each prompt, beside the first text's."""
    rank: Literal["auto", "model", "filtered"] = "auto"
    """Look for the most probable by the model or by the filters (auto: where a penalty is set)."""

    def of_the_bound(self) -> beam.BeamOptions:
        """Return the options of the beam that finds the first text; a beam of one is greedy."""
        shared: dict[str, Any] = {name: getattr(self, name) for name in Options.model_fields}
        width = self.k if self.bound == "beam" else 1
        return beam.BeamOptions(**shared, k=width, n=1, rank=self.rank)

    def search_chain(self) -> list[str]:
        """Return the search's own part of the chain."""
        by = "model" if self.of_the_bound().ranks_by_model else "filtered"
        first = f"beam k={self.k}" if self.bound == "beam" else "greedy"
        return [
            f"first text by {first}",
            f"branch and bound by {by} probability",
            f"budget={self.budget}",
        ]


def search(
    step: Step,
    start: SearchStart,
    options: ExactOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],
) -> Iterator[Frame]:
    """Find a text for every prompt with a beam, then search one prompt's tree after another."""
    limits = Limits(start, options, max_length)
    each = options.of_the_bound()
    firsts = beam.search(step, start, each, max_length, generators)
    for frame in firsts:
        if frame.is_last:
            break
        yield frame
    found = frame.hypotheses
    proofs = []
    for prompt in range(len(start.log_probs_PV)):
        first = next((h for h in found if h.prompt == prompt), None)
        proofs.append(_Proof(prompt, start, options, each, limits.max_length, first))
    expansions, pruned = frame.expansions, frame.pruned
    current: _Proof | None = None
    while True:
        proof = next((p for p in proofs if p.can_go_on), None)
        bests = [proof.best for proof in proofs]
        if proof is None or limits.is_time_up:
            notes = [p.note(is_time_up=limits.is_time_up) for p in proofs]
            yield Frame(partial(list, bests), _last(proofs, limits), expansions, pruned, notes)
            return
        if proof is not current:
            current = proof
            expansions = [*expansions, proof.root]
        yield Frame(partial(list, bests), None, expansions, pruned)
        expansions = [proof.advance(step)]
        pruned = proof.pruned


def _last(proofs: list[_Proof], limits: Limits) -> Last:
    if any(proof.can_go_on for proof in proofs):
        return "time"
    is_long = [proof.best.length >= limits.max_length for proof in proofs]
    return "length" if all(is_long) and not all(p.best.is_finished for p in proofs) else "ended"


class _Open:
    """Candidates of some rows that may lead to a better text, best first."""

    def __init__(self, rows: Generation, state: State, first_row: int, found: Candidates) -> None:
        self.rows = rows
        self.state = state
        self.first_row = first_row
        """Where the rows begin in the state."""
        self._found = found
        self._next = 0

    @property
    def highest(self) -> float:
        """Total of the best that is left; -inf where none is."""
        scores_N = self._found.scores_N
        return float(scores_N[self._next]) if self._next < len(scores_N) else NEVER

    def take(self, num: int, above: float) -> Candidates:
        """Return the best, and at most `num`, whose total is above a bar; they are gone then."""
        scores_N = self._found.scores_N[self._next : self._next + num]
        places = np.arange(self._next, self._next + int((scores_N > above).sum()))
        self._next += len(places)
        return self._found.at(places)


class _Proof:
    """The search of one prompt's tree."""

    def __init__(
        self,
        prompt: int,
        start: SearchStart,
        options: ExactOptions,
        each: beam.BeamOptions,
        max_length: int,
        first: Hypothesis | None,
    ) -> None:
        self.best = first or empty_hypothesis(prompt)
        """The best complete text so far; until there is one, what the beam could write."""
        is_complete = self.best.is_finished or self.best.length == max_length
        self._bar = self.best.score if is_complete else NEVER
        """Total that a text has to be above."""
        self.pruned: list[Pruned] = []
        self._prompt = prompt
        self._start = start
        self._options = each
        self._budget = options.budget
        self._max_length = max_length
        self._finisher = Finisher(start, options)
        self._num_read = 0
        self._open: list[_Open] = []
        """The deepest last."""
        row = slice(prompt, prompt + 1)
        self.root = self._look(
            Generation.empty(prompt), start.log_probs_PV[row], start.state, prompt
        )
        """What the empty hypothesis is extended by: the first that the search looks at."""

    @property
    def can_go_on(self) -> bool:
        """Whether something is open, and the budget allows to look."""
        return bool(self._open) and self._num_read < self._budget

    def note(self, *, is_time_up: bool) -> str:
        """Return what is known about the best text."""
        if self._open:
            why = f"budget of {self._budget} rows ran out"
            if is_time_up and self.can_go_on:
                why = "time ran out"
            highest = max(self._bar, *(part.highest for part in self._open))
            return f"{why}: not proved; no text is above {_up(highest)} nats"
        at_most = "at most " if self._start.eos is not None or self._options.stop else ""
        if self._bar == NEVER:
            return f"proved that no text of {at_most}{self._max_length} tokens can come"
        return f"proved the most probable of {at_most}{self._max_length} tokens"

    def advance(self, step: Step) -> Expansion:
        """Let the model read the next rows, and look at what can follow them."""
        part = self._open[-1]
        chosen = part.take(min(_BATCH, self._budget - self._num_read), self._bar)
        if part.highest <= self._bar:
            self._open.pop()  # its state is not needed beyond this step
        rows = Generation(part.rows, chosen, self._prompt)
        log_probs_RV, state = step(part.state, chosen.parents_N + part.first_row, chosen.tokens_N)
        self._num_read += len(rows)
        return self._look(rows, log_probs_RV, state, 0)

    def _look(
        self, rows: Generation, log_probs_RV: LogProbs, state: State, first_row: int
    ) -> Expansion:
        """Keep the best complete text among what follows some rows, and what may lead to one."""
        filtered_RV = log_probs_RV
        if self._options.changes(self._start):
            read = Rows(rows.hypotheses(), self._start, self._options)
            filtered_RV = self._options.filter(log_probs_RV, read)
        # The empty hypothesis has scored 0, so that a score is a total everywhere.
        totals_RV = self._options.totals(rows.scores_N, log_probs_RV, filtered_RV)
        totals = totals_RV.reshape(-1)
        places_N = np.flatnonzero(totals > self._bar)
        is_complete_N = np.ones(len(places_N), dtype=bool)
        if rows.length + 1 < self._max_length:
            found = candidates(totals_RV, log_probs_RV, places_N)
            is_complete_N = self._finisher.ended(rows, found)
        self._keep_best(rows, totals_RV, log_probs_RV, places_N[is_complete_N])
        open_N = places_N[~is_complete_N]
        # More than the budget can read are never looked at; one of them says what is left open.
        best_N = open_N[largest(totals[open_N], self._budget - self._num_read + 1)]
        found = candidates(totals_RV, log_probs_RV, best_N)
        self._open.append(_Open(rows, state, first_row, found))
        while self._open and self._open[-1].highest <= self._bar:
            self._open.pop()
        self._give_up(rows, totals_RV, log_probs_RV)
        return Expansion(rows.hypotheses, log_probs_RV, filtered_RV)

    def _keep_best(
        self,
        rows: Generation,
        totals_RV: npt.NDArray[np.float64],
        log_probs_RV: LogProbs,
        complete_N: npt.NDArray[np.int64],
    ) -> None:
        """Take the best complete text, where there is one; all are above the bar."""
        if len(complete_N):
            best = int(totals_RV.reshape(-1)[complete_N].argmax())
            found = candidates(totals_RV, log_probs_RV, complete_N[best : best + 1])
            (self.best,) = self._finisher.hypotheses(rows, found)
            self._bar = self.best.score

    def _give_up(
        self, rows: Generation, totals_RV: npt.NDArray[np.float64], log_probs_RV: LogProbs
    ) -> None:
        """Note the best of those that were cut; all of them would be most of the tree."""
        places_N = possible(totals_RV, largest(totals_RV.reshape(-1), 2 * _BATCH))
        cut = candidates(totals_RV, log_probs_RV, places_N)
        cut = cut.at(cut.scores_N < self._bar)
        make = partial(self._finisher.hypotheses, rows, cut)
        self.pruned = [(make, "no better text begins like this")] if len(cut.tokens_N) else []


def _up(nats: float) -> str:
    """Return a number with four digits that is not below it."""
    return f"{np.ceil(nats * 1e4) / 1e4 + 0.0:.4f}"


DECODER = Decoder(search, ExactOptions, is_random=False, source="Stahlberg and Byrne (2019)")
