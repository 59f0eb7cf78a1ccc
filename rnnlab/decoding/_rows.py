"""Shared by decoders that extend each row on its own: one token per row in each model step.

Shapes: R live rows, T steps, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from rnnlab.decoding._base import Expansion, Frame, Goals, SearchStart, State, Step, Writer
from rnnlab.decoding._hypothesis import empty_hypothesis
from rnnlab.decoding._limits import Limits
from rnnlab.decoding._numbers import NEVER, Ids, LogProbs
from rnnlab.decoding._options import Options
from rnnlab.decoding._text import Rows, StopCriteria

Choose = Callable[[LogProbs, Sequence[int], int], Ids]
"""choose(filtered log-probs [R, V], numbers of the rows, tokens written so far) -> tokens [R].

Every row has at least one possible token.
"""
Ahead = Callable[[Sequence[int], int], Goals]
"""ahead(numbers of the rows, number of steps T) -> goals of the next T draws; None if greedy.

The goals are the random numbers that `choose` would use, drawn in advance.
"""


class _Place(NamedTuple):
    """The distributions and the state after a step."""

    log_probs_RV: LogProbs
    state: State
    places_R: Ids
    """Row of `state` that belongs to each live row."""


class _Texts:
    """The texts of all rows, and which of them are live."""

    def __init__(self, start: SearchStart, options: Options, max_length: int) -> None:
        self._criteria = StopCriteria(start, options)
        self._limits = Limits(start, options, max_length)
        self.hypotheses = [empty_hypothesis(row) for row in range(len(start.log_probs_PV))]
        """One hypothesis per row, ended or live."""
        self.rows = list(range(len(self.hypotheses)))
        """Numbers of the live rows."""
        self.length = 0

    @property
    def num_left(self) -> int:
        """Number of tokens until the maximum length."""
        return self._limits.max_length - self.length

    def only(self, places: Sequence[int] | Ids) -> None:
        """Keep only the live rows at these places."""
        self.rows = [self.rows[i] for i in places]

    def grow(
        self, log_probs_RV: LogProbs, filtered_RV: LogProbs, tokens_R: Ids
    ) -> tuple[Frame, list[int]]:
        """Append a token to every live row; return the frame and the places of the rows still live.

        Rows that ended are removed from `rows`.
        """
        old = [self.hypotheses[row] for row in self.rows]
        hypotheses = self.hypotheses.copy()  # the previous frame keeps the old list
        live = []
        for i, (row, parent, token) in enumerate(
            zip(self.rows, old, tokens_R.tolist(), strict=True)
        ):
            logprob = gain = log_probs_RV.item(i, token)
            if filtered_RV is not log_probs_RV:
                gain = filtered_RV.item(i, token)
            end = self._criteria.of(parent, token)
            hypotheses[row] = parent.extended(token, logprob, parent.score + gain, end)
            if end is None:
                live.append(i)
        self.hypotheses = hypotheses
        self.length += 1
        last = self._limits.last(self.length, is_over=not live)
        if len(live) < len(old):
            self.only(live)
        # Neither list changes from now on, so `copy` may be called later.
        expansions = (Expansion(old.copy, log_probs_RV, filtered_RV),)
        return Frame(hypotheses.copy, last, expansions), live


def write_rows(
    step: Step,
    start: SearchStart,
    options: Options,
    max_length: int,
    choose: Choose,
    ahead: Ahead | None = None,
) -> Iterator[Frame]:
    """Append tokens to all rows until all have ended or a limit is reached; yield every step.

    The score of a row is its log-prob under the filtered distributions. ahead: if `choose` is
    greedy or draws, the function that returns its goals; if there are no filters, a `Writer` then
    takes several steps in one call.
    """
    texts = _Texts(start, options, max_length)
    place: _Place | None = _Place(start.log_probs_PV, start.state, np.arange(len(texts.rows)))
    writer = None if options.changes(start) else start.writer
    while place is not None:
        log_probs_RV, state, places_R = place
        filtered_RV = log_probs_RV
        if options.changes(start):
            old = [texts.hypotheses[row] for row in texts.rows]
            filtered_RV = options.filter(log_probs_RV, Rows(old, start, options))
            has_token_R = filtered_RV.max(-1) > NEVER
            if not has_token_R.all():
                kept_R = has_token_R.nonzero()[0]
                texts.only(kept_R.tolist())
                places_R = places_R[kept_R]
                log_probs_RV, filtered_RV = log_probs_RV[kept_R], filtered_RV[kept_R]
                if not texts.rows:
                    yield Frame(partial(list, texts.hypotheses), "ended")
                    return
        tokens_R = choose(filtered_RV, texts.rows, texts.length)
        frame, live = texts.grow(log_probs_RV, filtered_RV, tokens_R)
        yield frame
        if frame.is_last:
            return
        if len(live) < len(places_R):
            places_R, tokens_R = places_R[live], tokens_R[live]
        log_probs_RV, state = step(state, places_R, tokens_R)
        place = _Place(log_probs_RV, state, np.arange(len(texts.rows)))
        # The last token of a text needs no step after it: at most `num_left - 1` steps.
        if writer and ahead and (num := min(writer.stretch(len(texts.rows)), texts.num_left - 1)):
            goals_TR = ahead(texts.rows, num)
            place = yield from _write_ahead(texts, place, writer, num, goals_TR, start.eos)


def _write_ahead(
    texts: _Texts, place: _Place, writer: Writer, num: int, goals_TR: Goals, eos: int | None
) -> Generator[Frame, None, _Place | None]:
    """Write several tokens in one call and yield their frames; return the place after them.

    Returns None if the search is over.
    """
    chosen_RV, live_rows = place.log_probs_RV, np.arange(len(texts.rows))
    is_whole = True
    written = writer.write(place.state, place.places_R, chosen_RV, num, goals_TR, eos)
    for tokens_R, after_RV in zip(written.tokens_TR, written.log_probs_TRV, strict=True):
        if not is_whole:
            tokens_R, after_RV = tokens_R[live_rows], after_RV[live_rows]  # noqa: PLW2901
        frame, live = texts.grow(chosen_RV, chosen_RV, tokens_R)
        yield frame
        if frame.is_last:
            return None
        chosen_RV = after_RV
        if len(live) < len(live_rows):
            is_whole, live_rows, chosen_RV = False, live_rows[live], after_RV[live]
    return _Place(chosen_RV, written.state, live_rows)


def best(filtered_RV: LogProbs, _rows: Sequence[int], _length: int) -> Ids:
    """Return the most probable token of each row; a function of the type `Choose`."""
    best_R: Ids = filtered_RV.argmax(-1)
    return best_R


def no_draws(_rows: Sequence[int], _num: int) -> Goals:
    """Return None, because greedy choices need no draws; a function of the type `Ahead`."""
    return None


def goals(generators: Sequence[np.random.Generator], rows: Sequence[int], num: int) -> Goals:
    """Return the goals [T, R] of the next draws of each row, as `draw` would use them."""
    return np.stack([generators[row].random(num) for row in rows], axis=1)


def draw(
    log_probs_RV: LogProbs, rows: Sequence[int], generators: Sequence[np.random.Generator]
) -> Ids:
    """Draw a token for each row, with the row's own generator.

    A row's text thus depends on its own seed only, not on other rows. A draw inverts the cumulative
    distribution, computed in float64, at one uniform random number.
    """
    mass_RV = log_probs_RV.astype(np.float64)
    mass_RV -= mass_RV.max(-1, keepdims=True)  # else exp may underflow for all tokens
    mass_RV = np.exp(mass_RV, out=mass_RV).cumsum(-1)
    tokens = []
    for mass_V, row in zip(mass_RV, rows, strict=True):
        total = mass_V[-1]
        token = int(mass_V.searchsorted(generators[row].random() * total, side="right"))
        if token == len(mass_V):
            # Rounding can move the goal to the end of the sum: take the last possible token.
            token = int(mass_V.searchsorted(total))
        tokens.append(token)
    return np.array(tokens)
