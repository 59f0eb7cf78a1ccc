"""Decoders that write one token after another: each row on its own, all rows in one model step.

Shapes: R rows still being written, T steps, V tokens of the vocabulary.
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

Every row has a token that can come.
"""
Ahead = Callable[[Sequence[int], int], Goals]
"""ahead(numbers of the rows, steps T) -> the goals of their next draws, None where none are drawn.

What `choose` would do after the first token, told before the distributions are known.
"""


class _Place(NamedTuple):
    """Where the rows stand after a step."""

    log_probs_RV: LogProbs
    state: State
    places_R: Ids
    """The row of the state that each goes on from."""


class _Texts:
    """The texts being written."""

    def __init__(self, start: SearchStart, options: Options, max_length: int) -> None:
        self._ends, self._limits = StopCriteria(start, options), Limits(start, options, max_length)
        self.hypotheses = [empty_hypothesis(row) for row in range(len(start.log_probs_PV))]
        """Of all rows, those that have ended too."""
        self.rows = list(range(len(self.hypotheses)))
        """Numbers of those still being written."""
        self.length = 0

    @property
    def num_left(self) -> int:
        """Return how many tokens a text may still get."""
        return self._limits.max_length - self.length

    def only(self, places: Sequence[int] | Ids) -> None:
        """Go on with some of the rows."""
        self.rows = [self.rows[i] for i in places]

    def grow(
        self, log_probs_RV: LogProbs, filtered_RV: LogProbs, tokens_R: Ids
    ) -> tuple[Frame, list[int]]:
        """Add a token to every row that is being written; return the places of those that go on.

        Those that have ended are no longer among the rows.
        """
        old = [self.hypotheses[row] for row in self.rows]
        hypotheses = self.hypotheses.copy()  # the old list belongs to the last frame
        live = []
        for i, (row, parent, token) in enumerate(
            zip(self.rows, old, tokens_R.tolist(), strict=True)
        ):
            logprob = gain = log_probs_RV.item(i, token)
            if filtered_RV is not log_probs_RV:
                gain = filtered_RV.item(i, token)
            end = self._ends.of(parent, token)
            hypotheses[row] = parent.extended(token, logprob, parent.score + gain, end)
            if end is None:
                live.append(i)
        self.hypotheses = hypotheses
        self.length += 1
        last = self._limits.last(self.length, is_over=not live)
        if len(live) < len(old):
            self.only(live)
        # Neither list is touched again.
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
    """Write a token to every row that has not ended, until all have or a limit is reached.

    The score of a row is the log-prob under the filtered distribution, the one it was drawn from.
    ahead: where the choice needs no more than the distribution, what lets a `Writer` take several
    steps at once when nothing is filtered either.
    """
    texts = _Texts(start, options, max_length)
    here: _Place | None = _Place(start.log_probs_PV, start.state, np.arange(len(texts.rows)))
    writer = None if options.changes(start) else start.writer
    while here is not None:
        log_probs_RV, state, places_R = here
        filtered_RV = log_probs_RV
        if options.changes(start):
            old = [texts.hypotheses[row] for row in texts.rows]
            filtered_RV = options.filter(log_probs_RV, Rows(old, start, options))
            can_go_on_R = filtered_RV.max(-1) > NEVER
            if not can_go_on_R.all():
                kept_R = can_go_on_R.nonzero()[0]
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
        here = _Place(log_probs_RV, state, np.arange(len(texts.rows)))
        # The last token of a text needs no step after it.
        if writer and ahead and (num := min(writer.stretch(len(texts.rows)), texts.num_left - 1)):
            goals_TR = ahead(texts.rows, num)
            here = yield from _write_ahead(texts, here, writer, num, goals_TR, start.eos)


def _write_ahead(
    texts: _Texts, here: _Place, writer: Writer, num: int, goals_TR: Goals, eos: int | None
) -> Generator[Frame, None, _Place | None]:
    """Write several tokens in one call; return where the rows stand then, None if all is over."""
    chosen_RV, kept = here.log_probs_RV, np.arange(len(texts.rows))
    is_whole = True
    written = writer.write(here.state, here.places_R, chosen_RV, num, goals_TR, eos)
    for tokens_R, after_RV in zip(written.tokens_TR, written.log_probs_TRV, strict=True):
        if not is_whole:
            tokens_R, after_RV = tokens_R[kept], after_RV[kept]  # noqa: PLW2901
        frame, live = texts.grow(chosen_RV, chosen_RV, tokens_R)
        yield frame
        if frame.is_last:
            return None
        chosen_RV = after_RV
        if len(live) < len(kept):
            is_whole, kept, chosen_RV = False, kept[live], after_RV[live]
    return _Place(chosen_RV, written.state, kept)


def best(filtered_RV: LogProbs, _rows: Sequence[int], _length: int) -> Ids:
    """Choose the most probable token; a `Choose`."""
    best_R: Ids = filtered_RV.argmax(-1)
    return best_R


def no_draws(_rows: Sequence[int], _num: int) -> Goals:
    """Draw nothing; an `Ahead`."""
    return None


def goals(generators: Sequence[np.random.Generator], rows: Sequence[int], num: int) -> Goals:
    """Return where the next draws of each row invert its distribution, as `draw` would have it."""
    return np.stack([generators[row].random(num) for row in rows], axis=1)


def draw(
    log_probs_RV: LogProbs, rows: Sequence[int], generators: Sequence[np.random.Generator]
) -> Ids:
    """Draw a token for each row, with the row's own generator.

    A row's text thus depends on its own seed alone, not on the rows beside it. The draw inverts the
    cumulative distribution at one uniform number in float64.
    """
    mass_RV = log_probs_RV.astype(np.float64)
    mass_RV -= mass_RV.max(-1, keepdims=True)  # all of them may be too improbable for a float
    mass_RV = np.exp(mass_RV, out=mass_RV).cumsum(-1)
    tokens = []
    for mass_V, row in zip(mass_RV, rows, strict=True):
        whole = mass_V[-1]
        token = int(mass_V.searchsorted(generators[row].random() * whole, side="right"))
        if token == len(mass_V):
            # Rounding can put the goal on the very end: stay on a token that can be drawn.
            token = int(mass_V.searchsorted(whole))
        tokens.append(token)
    return np.array(tokens)
