"""What every beam search shares: one model step for the live hypotheses of all prompts.

Shapes: R live hypotheses, N candidates, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rnnlab.decoding._base import Expansion, Frame, Pruned, SearchStart, Step
from rnnlab.decoding._hypothesis import Candidates, Generation, Hypothesis
from rnnlab.decoding._limits import Limits
from rnnlab.decoding._numbers import NEVER, Ids, LogProbs
from rnnlab.decoding._options import Options
from rnnlab.decoding._text import Rows, StopCriteria


class Survivors(NamedTuple):
    """What one prompt's beam goes on with after a step."""

    parents_R: Ids
    """Numbers of the rows extended, within the beam."""
    tokens_R: Ids


class Live(Protocol):
    """Hypotheses that a step extends, a row each."""

    def __len__(self) -> int: ...

    def hypotheses(self) -> list[Hypothesis]:
        """Return all of them, in the order of their rows."""
        ...


class Beam(Protocol):
    """The hypotheses of one prompt."""

    @property
    def live(self) -> Live:
        """What the next step extends; empty when the search of this prompt has ended."""
        ...

    pruned: list[Pruned]
    """What the last step gave up, and why."""

    def grow(self, log_probs_RV: LogProbs, filtered_RV: LogProbs) -> Survivors:
        """Extend the live hypotheses by one token; return the new live ones."""
        ...

    def ranking(self) -> Callable[[], list[Hypothesis]]:
        """Return what gives the answers so far, best first; later steps do not change them."""
        ...


def search_beams(
    step: Step,
    start: SearchStart,
    options: Options,
    max_length: int,
    make_beam: Callable[[int], Beam],
) -> Iterator[Frame]:
    """Let the beams of all prompts grow, a model step at a time.

    make_beam: gives the beam of a prompt's number.
    """
    log_probs_RV, state = start.log_probs_PV, start.state
    limits = Limits(start, options, max_length)
    beams = [make_beam(prompt) for prompt in range(len(log_probs_RV))]
    for length in range(1, limits.max_length + 1):
        filtered_RV = log_probs_RV
        if options.changes(start):
            everyone = [h for beam in beams for h in beam.live.hypotheses()]
            filtered_RV = options.filter(log_probs_RV, Rows(everyone, start, options))
        expansions, survivors, pruned = [], [], []
        first = 0
        for beam in beams:
            rows = slice(first, first + len(beam.live))
            if rows.stop > rows.start:
                mine = rows_of(log_probs_RV, filtered_RV, rows)
                expansions.append(Expansion(beam.live.hypotheses, *mine))
                parents_R, tokens_R = beam.grow(*mine)
                survivors.append(Survivors(parents_R + first if first else parents_R, tokens_R))
                pruned += beam.pruned
            first = rows.stop
        parents_R, tokens_R = survivors[0]
        if len(survivors) > 1:
            parents_R, tokens_R = map(np.concatenate, zip(*survivors, strict=True))
        last = limits.last(length, is_over=len(parents_R) == 0)
        rankings = [beam.ranking() for beam in beams]
        yield Frame(partial(_all, rankings), last, expansions, pruned)
        if last is not None:
            return
        log_probs_RV, state = step(state, parents_R, tokens_R)


def rows_of(
    log_probs_RV: LogProbs, filtered_RV: LogProbs, rows: slice
) -> tuple[LogProbs, LogProbs]:
    """Return some rows of both; where nothing was filtered they stay one and the same array."""
    mine_RV = log_probs_RV[rows]
    return mine_RV, mine_RV if filtered_RV is log_probs_RV else filtered_RV[rows]


def _all(rankings: Sequence[Callable[[], list[Hypothesis]]]) -> list[Hypothesis]:
    return list(chain.from_iterable(ranking() for ranking in rankings))


def candidates(
    totals_RV: npt.NDArray[np.float64], log_probs_RV: LogProbs, places_N: Ids
) -> Candidates:
    """Return the candidates at places of the flattened [R, V]; their scores are the totals."""
    parents_N, tokens_N = np.divmod(places_N, totals_RV.shape[1])
    return Candidates(
        parents_N,
        tokens_N,
        log_probs_RV.reshape(-1)[places_N].astype(np.float64),
        totals_RV.reshape(-1)[places_N],
    )


class Finisher:
    """Parts candidates into those that end a text and those that go on."""

    def __init__(self, start: SearchStart, options: Options) -> None:
        self._ends = StopCriteria(start, options)

    @property
    def ends_nothing(self) -> bool:
        """Whether texts have no end."""
        return self._ends.eos is None and not self._ends.are_textual

    def ended(self, live: Generation, found: Candidates) -> npt.NDArray[np.bool_]:
        """Return which of the candidates [N] end."""
        if self._ends.are_textual:
            return np.array(
                [
                    self._ends.of(live.hypothesis(parent), token) is not None
                    for parent, token in zip(
                        found.parents_N.tolist(), found.tokens_N.tolist(), strict=True
                    )
                ],
                dtype=bool,
            )
        if self._ends.eos is None:
            return np.zeros(len(found.tokens_N), dtype=bool)
        is_eos_N: npt.NDArray[np.bool_] = found.tokens_N == self._ends.eos
        return is_eos_N

    def hypotheses(self, live: Generation, found: Candidates) -> list[Hypothesis]:
        """Return the candidates as hypotheses, with what ended them."""
        made = []
        for parent, token, logprob, score in zip(*(f.tolist() for f in tuple(found)), strict=True):
            old = live.hypothesis(parent)
            made.append(old.extended(token, logprob, score, self._ends.of(old, token)))
        return made


def possible(totals_RV: npt.NDArray[np.float64], places_N: Ids) -> Ids:
    """Return the places whose candidates can come at all, of places that are given best first."""
    if len(places_N) and totals_RV.item(int(places_N[-1])) > NEVER:
        return places_N
    kept: Ids = places_N[totals_RV.reshape(-1)[places_N] > NEVER]
    return kept
