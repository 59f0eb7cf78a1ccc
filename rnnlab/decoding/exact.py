"""Find the most probable text and prove it: depth-first branch and bound.

A text is complete once it ends or has the maximum length. The total log-prob of a text only falls
as the text grows, so a hypothesis y can only lead to a better text than the best complete text y*
if its total exceeds that of y*:

    prune y if log p(y) <= log p(y*).

y* starts as the best text of a beam, and every better text replaces it. The longest hypotheses are
extended first, the best of them before the others, up to 32 in one model step. When the search has
used up its budget of rows, it stops without a proof: the greatest total of the open hypotheses is
then an upper bound of the log-prob of every text. Without an end of the sentence, all texts have
the same length, and only short trees can be searched completely.

Source: Stahlberg and Byrne (2019), "On NMT search errors and model errors: cat got your tongue?",
algorithm 1.
Shapes: P prompts, R rows, N candidates, V tokens of the vocabulary.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from rnnlab.base.checked import Field
from rnnlab.decoding import beam
from rnnlab.decoding._base import Decoder, Expansion, Frame, Pruned
from rnnlab.decoding._beam import Finisher, candidates_at, possible
from rnnlab.decoding._beam_options import BeamOptions
from rnnlab.decoding._hypothesis import Candidates, Generation, empty_hypothesis
from rnnlab.decoding._limits import Limits
from rnnlab.decoding._numbers import NEVER, largest
from rnnlab.decoding._options import Options
from rnnlab.decoding._text import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rnnlab.decoding._base import Last
    from rnnlab.decoding._hypothesis import Hypothesis
    from rnnlab.decoding._numbers import LogProbs
    from rnnlab.decoding._step import SearchStart, State, Step

_BATCH = 32
"""Maximum number of rows per model step: larger steps cost less per row, but waste more rows."""


class ExactOptions(Options):
    """The first text, the budget and the ranking, in addition to the shared options."""

    bound: Literal["beam", "greedy"] = "beam"
    """Decoder of the first text, whose log-prob is the first bound."""
    k: int = Field(10, ge=1, le=1000)
    """Width of the beam that finds the first text."""
    budget: int = Field(20_000, ge=0, le=100_000_000)
    """Rows that the model may read per prompt after the first text."""
    rank: Literal["auto", "model", "filtered"] = "auto"
    """Maximise model or filtered probability (auto: shown in chain)."""

    def bound_options(self) -> BeamOptions:
        """Return the options of the beam that finds the first text; greedy is a beam of width 1."""
        shared: dict[str, Any] = {name: getattr(self, name) for name in Options.model_fields}
        width = self.k if self.bound == "beam" else 1
        return BeamOptions(**shared, k=width, n=1, rank=self.rank)

    def search_chain(self) -> list[str]:
        """Return the search's entries in the chain."""
        by = "model" if self.bound_options().ranks_by_model else "filtered"
        first = f"beam k={self.k}" if self.bound == "beam" else "greedy"
        return [
            f"first text: {first}",
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
    """Find a text for every prompt with a beam, then search the prompts' trees one by one."""
    limits = Limits(start, options, max_length)
    bound = options.bound_options()
    for frame in beam.search(step, start, bound, max_length, generators):
        if frame.is_last:
            break
        yield frame
    firsts = frame.hypotheses
    proofs = []
    for prompt in range(len(start.log_probs_PV)):
        first = next((h for h in firsts if h.prompt == prompt), None)
        proofs.append(_Proof(prompt, start, options, bound, limits.max_length, first))
    expansions, pruned = frame.expansions, frame.pruned
    current: _Proof | None = None
    while True:
        proof = next((p for p in proofs if p.can_go_on), None)
        best = [proof.best for proof in proofs]
        if proof is None or limits.is_time_up:
            notes = [p.note(is_time_up=limits.is_time_up) for p in proofs]
            yield Frame(partial(list, best), _last(proofs, limits), expansions, pruned, notes)
            return
        if proof is not current:
            current = proof
            expansions = [*expansions, proof.root]
        yield Frame(partial(list, best), None, expansions, pruned)
        expansions = [proof.advance(step)]
        pruned = proof.pruned


def _last(proofs: list[_Proof], limits: Limits) -> Last:
    if any(proof.can_go_on for proof in proofs):
        return "time"
    is_long = [proof.best.length >= limits.max_length for proof in proofs]
    return "length" if all(is_long) and not all(p.best.is_finished for p in proofs) else "ended"


class _Open:
    """The candidates of one step that may still lead to a better text, best first."""

    def __init__(
        self, rows: Generation, state: State, first_row: int, candidates: Candidates
    ) -> None:
        self.rows = rows
        self.state = state
        self.first_row = first_row
        """Row of the state that belongs to the first of `rows`."""
        self._candidates = candidates
        self._next = 0

    @property
    def highest(self) -> float:
        """Total of the best remaining candidate; -inf if there is none."""
        scores_N = self._candidates.scores_N
        return float(scores_N[self._next]) if self._next < len(scores_N) else NEVER

    def pop(self, num: int, above: float) -> Candidates:
        """Remove and return the best candidates: at most `num`, all with a total over `above`."""
        scores_N = self._candidates.scores_N[self._next : self._next + num]
        places = np.arange(self._next, self._next + int((scores_N > above).sum()))
        self._next += len(places)
        return self._candidates.at(places)


class _Proof:
    """The search of one prompt's tree."""

    def __init__(
        self,
        prompt: int,
        start: SearchStart,
        options: ExactOptions,
        bound: BeamOptions,
        max_length: int,
        first: Hypothesis | None,
    ) -> None:
        self.best = first or empty_hypothesis(prompt)
        """The best complete text so far; before there is one, the best text of the beam."""
        is_complete = self.best.is_finished or self.best.length == max_length
        self._bound = self.best.score if is_complete else NEVER
        """Total that a better text has to exceed."""
        self.pruned: list[Pruned] = []
        self._prompt = prompt
        self._start = start
        self._options = bound
        self._budget = options.budget
        self._max_length = max_length
        self._finisher = Finisher(start, options)
        self._num_read = 0
        self._open: list[_Open] = []
        """Candidates to extend; those of the longest hypotheses are last."""
        row = slice(prompt, prompt + 1)
        self.root = self._expand(
            Generation.empty(prompt), start.log_probs_PV[row], start.state, prompt
        )
        """Expansion of the empty hypothesis, the first one of the search."""

    @property
    def can_go_on(self) -> bool:
        """Whether candidates are open and the budget is not used up."""
        return bool(self._open) and self._num_read < self._budget

    def note(self, *, is_time_up: bool) -> str:
        """Return one line: the best text is proved, or why it is not, with an upper bound."""
        if self._open:
            why = f"budget of {self._budget} rows ran out"
            if is_time_up and self.can_go_on:
                why = "time ran out"
            highest = max(self._bound, *(part.highest for part in self._open))
            return f"{why}: not proved; no text has a log-prob above {_up(highest)} nats"
        at_most = "at most " if self._start.eos is not None or self._options.stop else ""
        if self._bound == NEVER:
            return f"proved that no text of {at_most}{self._max_length} tokens is possible"
        return f"proved to be the most probable text of {at_most}{self._max_length} tokens"

    def advance(self, step: Step) -> Expansion:
        """Let the model read the next rows; expand them."""
        part = self._open[-1]
        chosen = part.pop(min(_BATCH, self._budget - self._num_read), self._bound)
        if part.highest <= self._bound:
            self._open.pop()  # frees the memory of its state after this step
        rows = Generation(part.rows, chosen, self._prompt)
        log_probs_RV, state = step(part.state, chosen.parents_N + part.first_row, chosen.tokens_N)
        self._num_read += len(rows)
        return self._expand(rows, log_probs_RV, state, 0)

    def _expand(
        self, rows: Generation, log_probs_RV: LogProbs, state: State, first_row: int
    ) -> Expansion:
        """Extend some rows by every token; keep the best complete text and the open candidates."""
        filtered_RV = log_probs_RV
        if self._options.changes(self._start):
            texts = Rows(rows.hypotheses(), self._start, self._options.last)
            filtered_RV = self._options.filter(log_probs_RV, texts)
        # There is no length penalty: the score of a hypothesis is its total.
        totals_RV = self._options.totals(rows.scores_N, log_probs_RV, filtered_RV)
        totals = totals_RV.reshape(-1)
        places_N = np.flatnonzero(totals > self._bound)
        is_complete_N = np.ones(len(places_N), dtype=bool)
        if rows.length + 1 < self._max_length:
            candidates = candidates_at(totals_RV, log_probs_RV, places_N)
            is_complete_N = self._finisher.ended(rows, candidates)
        self._keep_best(rows, totals_RV, log_probs_RV, places_N[is_complete_N])
        open_N = places_N[~is_complete_N]
        # Keep as many candidates as the budget allows, and one more: an upper bound of the others.
        best_N = open_N[largest(totals[open_N], self._budget - self._num_read + 1)]
        candidates = candidates_at(totals_RV, log_probs_RV, best_N)
        self._open.append(_Open(rows, state, first_row, candidates))
        while self._open and self._open[-1].highest <= self._bound:
            self._open.pop()
        self._note_pruned(rows, totals_RV, log_probs_RV)
        return Expansion(rows.hypotheses, log_probs_RV, filtered_RV)

    def _keep_best(
        self,
        rows: Generation,
        totals_RV: npt.NDArray[np.float64],
        log_probs_RV: LogProbs,
        complete_N: npt.NDArray[np.int64],
    ) -> None:
        """Replace the best text by the best complete candidate, if any; all exceed the bound."""
        if len(complete_N):
            best = int(totals_RV.reshape(-1)[complete_N].argmax())
            candidate = candidates_at(totals_RV, log_probs_RV, complete_N[best : best + 1])
            (self.best,) = self._finisher.hypotheses(rows, candidate)
            self._bound = self.best.score

    def _note_pruned(
        self, rows: Generation, totals_RV: npt.NDArray[np.float64], log_probs_RV: LogProbs
    ) -> None:
        """Record the best of the pruned candidates; all together would be most of the tree."""
        places_N = possible(totals_RV, largest(totals_RV.reshape(-1), 2 * _BATCH))
        candidates = candidates_at(totals_RV, log_probs_RV, places_N)
        pruned = candidates.at(candidates.scores_N < self._bound)
        make = partial(self._finisher.hypotheses, rows, pruned)
        self.pruned = [(make, "no better text begins like this")] if len(pruned.tokens_N) else []


def _up(nats: float) -> str:
    """Return a number as text, rounded up to four decimals."""
    return f"{np.ceil(nats * 1e4) / 1e4 + 0.0:.4f}"


DECODER = Decoder(search, ExactOptions, is_random=False, source="Stahlberg and Byrne (2019)")
