"""Shared by every beam search: one model step for the live hypotheses of all prompts.

Shapes: R live hypotheses, N candidates, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from rnnlab.decoding._base import Expansion, Frame, Pruned
from rnnlab.decoding._hypothesis import Candidates, Generation, Hypothesis
from rnnlab.decoding._limits import Limits
from rnnlab.decoding._numbers import NEVER, Ids, LogProbs
from rnnlab.decoding._options import Options
from rnnlab.decoding._step import SearchStart, State, Step
from rnnlab.decoding._stop import StopCriteria
from rnnlab.decoding._text import Rows


class Survivors(NamedTuple):
    """The hypotheses of one prompt that a step keeps live."""

    parents_R: Ids
    """Row of the beam that each hypothesis extends."""
    tokens_R: Ids


class Live(Protocol):
    """Hypotheses that a step extends, one per row."""

    def __len__(self) -> int: ...

    def hypotheses(self) -> list[Hypothesis]:
        """Return all hypotheses, in the order of their rows."""
        ...


class Beam(Protocol):
    """The search of one prompt: its live hypotheses and its answers so far."""

    @property
    def live(self) -> Live:
        """Hypotheses to extend in the next step; empty once the search of this prompt is over."""
        ...

    pruned: list[Pruned]
    """Hypotheses that the last step pruned, with the reasons."""

    def grow(self, log_probs_RV: LogProbs, filtered_RV: LogProbs) -> Survivors:
        """Extend the live hypotheses by one token; return the new live hypotheses."""
        ...

    def ranking(self) -> Callable[[], list[Hypothesis]]:
        """Return a function that returns the answers so far, best first.

        Later steps do not change its result.
        """
        ...


B = TypeVar("B", bound=Beam)


class Place(NamedTuple):
    """The distributions and the state after a step of all prompts."""

    length: int
    """Number of tokens of the live hypotheses."""
    log_probs_RV: LogProbs
    """Log-probs of the next token of each live hypothesis; row r belongs to row r of the state."""
    state: State
    is_disputed: bool = False
    """Whether the next step has to be a single one, such as after a wrong choice of a `Writer`."""


def search_beams(
    step: Step,
    start: SearchStart,
    options: Options,
    max_length: int,
    make_beam: Callable[[int], B],
    ahead: Callable[[Sequence[B], Place, Limits], Generator[Frame, None, Place | None]]
    | None = None,
) -> Iterator[Frame]:
    """Grow the beams of all prompts; yield a frame after each model step.

    make_beam: returns the beam of a prompt, given the prompt's number. ahead: if several steps can
    be taken in one call, the function that takes them; it returns None if the search is over.
    """
    limits = Limits(start, options, max_length)
    beams = [make_beam(prompt) for prompt in range(len(start.log_probs_PV))]
    place = Place(0, start.log_probs_PV, start.state)
    while place.length < limits.max_length:
        # The last token of a text needs no step after it.
        if ahead and not place.is_disputed and 0 < place.length < limits.max_length - 1:
            after = yield from ahead(beams, place, limits)
            if after is None:
                return
            place = after
            continue
        log_probs_RV = filtered_RV = place.log_probs_RV
        if options.changes(start):
            live = [h for beam in beams for h in beam.live.hypotheses()]
            filtered_RV = options.filter(log_probs_RV, Rows(live, start, options.last))

        def grow(number: int, log_probs_RV: LogProbs, filtered_RV: LogProbs) -> Survivors:
            return beams[number].grow(log_probs_RV, filtered_RV)

        frame, survivors = grow_beams(beams, place.length, limits, log_probs_RV, filtered_RV, grow)
        yield frame
        if frame.is_last:
            return
        place = Place(place.length + 1, *step(place.state, *survivors))


def grow_beams(
    beams: Sequence[Beam],
    length: int,
    limits: Limits,
    log_probs_RV: LogProbs,
    filtered_RV: LogProbs,
    grow: Callable[[int, LogProbs, LogProbs], Survivors],
) -> tuple[Frame, Survivors]:
    """Extend all beams by one token; return the frame and the new live hypotheses of all prompts.

    length: number of tokens before the step. grow: extends the beam with some number.
    """
    expansions, survivors, pruned = [], [], []
    first = 0
    for number, beam in enumerate(beams):
        rows = slice(first, first + len(beam.live))
        if rows.stop > rows.start:
            distributions = rows_of(log_probs_RV, filtered_RV, rows)
            expansions.append(Expansion(beam.live.hypotheses, *distributions))
            parents_R, tokens_R = grow(number, *distributions)
            survivors.append(Survivors(parents_R + first if first else parents_R, tokens_R))
            pruned += beam.pruned
        first = rows.stop
    # Not empty: without a live hypothesis, `last` has ended the search after the last step.
    joined = survivors[0]
    if len(survivors) > 1:
        joined = Survivors(*map(np.concatenate, zip(*survivors, strict=True)))
    last = limits.last(length + 1, is_over=len(joined.parents_R) == 0)
    rankings = [beam.ranking() for beam in beams]
    return Frame(partial(_all, rankings), last, expansions, pruned), joined


def rows_of(
    log_probs_RV: LogProbs, filtered_RV: LogProbs, rows: slice
) -> tuple[LogProbs, LogProbs]:
    """Return some rows of both arrays; if both are the same object, so are the results."""
    selected_RV = log_probs_RV[rows]
    return selected_RV, selected_RV if filtered_RV is log_probs_RV else filtered_RV[rows]


def _all(rankings: Sequence[Callable[[], list[Hypothesis]]]) -> list[Hypothesis]:
    return list(chain.from_iterable(ranking() for ranking in rankings))


def candidates_at(
    totals_RV: npt.NDArray[np.float64], log_probs_RV: LogProbs, places_N: Ids
) -> Candidates:
    """Return the candidates at places of the flattened arrays; their scores are their totals."""
    parents_N, tokens_N = np.divmod(places_N, totals_RV.shape[1])
    return Candidates(
        parents_N,
        tokens_N,
        log_probs_RV.reshape(-1)[places_N].astype(np.float64),
        totals_RV.reshape(-1)[places_N],
    )


class Finisher:
    """Finds the candidates that end a text, and turns candidates into hypotheses."""

    def __init__(self, start: SearchStart, options: Options) -> None:
        self._criteria = StopCriteria(start, options)

    @property
    def never_ends(self) -> bool:
        """Whether no candidate can end a text: there is neither an EOS token nor a stop string."""
        return self._criteria.eos is None and not self._criteria.are_textual

    def ended(self, live: Generation, candidates: Candidates) -> npt.NDArray[np.bool_]:
        """Return a mask [N] of the candidates that end a text."""
        if self._criteria.are_textual:
            return np.array(
                [
                    self._criteria.of(live.hypothesis(parent), token) is not None
                    for parent, token in zip(
                        candidates.parents_N.tolist(), candidates.tokens_N.tolist(), strict=True
                    )
                ],
                dtype=bool,
            )
        if self._criteria.eos is None:
            return np.zeros(len(candidates.tokens_N), dtype=bool)
        is_eos_N: npt.NDArray[np.bool_] = candidates.tokens_N == self._criteria.eos
        return is_eos_N

    def hypotheses(self, live: Generation, candidates: Candidates) -> list[Hypothesis]:
        """Return the candidates as hypotheses; `end` is set if the candidate ends its text."""
        columns = [column.tolist() for column in candidates]
        hypotheses = []
        for number, token, logprob, score in zip(*columns, strict=True):
            parent = live.hypothesis(number)
            end = self._criteria.of(parent, token)
            hypotheses.append(parent.extended(token, logprob, score, end))
        return hypotheses


def possible(totals_RV: npt.NDArray[np.float64], places_N: Ids) -> Ids:
    """Return the places of the candidates with a total above -inf. places_N: best first."""
    if len(places_N) and totals_RV.item(int(places_N[-1])) > NEVER:
        return places_N
    possible_N: Ids = places_N[totals_RV.reshape(-1)[places_N] > NEVER]
    return possible_N
