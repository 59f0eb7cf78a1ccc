"""Shared by decoders that extend each row on its own: one token per row in each model step.

A `Writer` takes several steps in one call if it has all filters of the search. Its own filters may
round differently: ours then compute the distributions of all these steps again, in a few calls of
numpy, and the first choice that differs ends the block. The texts and the figures are thus always
those of single steps.

Shapes: R live rows, T steps, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from rnnlab.decoding._base import Frame
from rnnlab.decoding._draws import Ahead, draw_at
from rnnlab.decoding._filtering import AheadRows, filtering_of
from rnnlab.decoding._numbers import NEVER, Ids, LogProbs
from rnnlab.decoding._options import Options
from rnnlab.decoding._row_texts import RowTexts
from rnnlab.decoding._step import Goals, SearchStart, State, Step, Writer
from rnnlab.decoding._text import Rows

Choose = Callable[[LogProbs, Sequence[int], int], Ids]
"""choose(filtered log-probs [R, V], numbers of the rows, tokens written so far) -> tokens [R].

Every row has at least one possible token.
"""


class _Place(NamedTuple):
    """The distributions and the state after a step."""

    log_probs_RV: LogProbs
    state: State
    places_R: Ids
    """Row of `state` that belongs to each live row."""
    is_disputed: bool = False
    """Whether the next step has to be a single one, such as after a wrong choice of the writer."""


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
    greedy or draws after the first token, the numbers of its choices; a `Writer` then takes several
    steps in one call.
    """
    texts = RowTexts(start, options, max_length)
    place: _Place | None = _Place(start.log_probs_PV, start.state, np.arange(len(texts.rows)))
    block = _Block.of(step, start, options, texts, ahead)
    while place is not None:
        # The last token of a text needs no step after it: at most `num_left - 1` steps.
        if block and texts.length and not place.is_disputed and texts.num_left > 1:
            place = yield from block.write(place)
            continue
        log_probs_RV, state, places_R, _ = place
        filtered_RV = log_probs_RV
        if options.changes(start):
            filtered_RV = options.filter(log_probs_RV, Rows(texts.live(), start, options.last))
            has_token_R = filtered_RV.max(-1) > NEVER
            if not has_token_R.all():
                kept_R = has_token_R.nonzero()[0]
                texts.only(kept_R.tolist())
                places_R = places_R[kept_R]
                log_probs_RV, filtered_RV = log_probs_RV[kept_R], filtered_RV[kept_R]
                if not texts.rows:
                    yield Frame(partial(list, texts.everyone()), "ended")
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


class _Block(NamedTuple):
    """What a search needs to write several tokens in one call."""

    step: Step
    start: SearchStart
    options: Options
    texts: RowTexts
    ahead: Ahead
    writer: Writer

    @classmethod
    def of(
        cls, step: Step, start: SearchStart, options: Options, texts: RowTexts, ahead: Ahead | None
    ) -> _Block | None:
        """Return the block writer of a search; None if it can only take single steps."""
        writer = start.writer
        if writer is None or ahead is None or options.is_partial(start):
            return None
        if not all(name in writer.filters for name, _ in options.active_filters()):
            return None
        return cls(step, start, options, texts, ahead, writer)

    def write(self, place: _Place) -> Generator[Frame, None, _Place | None]:
        """Write several tokens in one call and yield their frames; return the place after them.

        Returns None if the search is over.
        """
        texts, rows, filtering = self.texts, self.texts.rows, None
        num = min(self.writer.stretch(len(rows)), texts.num_left - 1)
        if self.options.has_filters and num == 1:
            return place._replace(is_disputed=True)  # to filter twice would take longer
        goals_TR = self.ahead.goals(rows, num)
        if self.options.has_filters:
            filtering = filtering_of(
                self.options, self.start, rows, texts.last_tokens, texts.length
            )
        first_RV, state, places_R, _ = place
        written = self.writer.write(
            state, places_R, first_RV, num, goals_TR, self.start.eos, filtering
        )
        tokens_TR, after_TRV = written.tokens_TR, written.log_probs_TRV
        filtered_TRV = chosen_TRV = np.concatenate([first_RV[None], after_TRV[:-1]])
        if filtering is not None:
            context = AheadRows(self.start, filtering, tokens_TR)
            flat_NV = chosen_TRV.reshape(-1, chosen_TRV.shape[-1])
            filtered_TRV = self.options.filter(flat_NV, context).reshape(chosen_TRV.shape)
            num_right = _num_right(filtered_TRV, tokens_TR, goals_TR)
        if filtering is None or num_right == len(tokens_TR):
            place = _Place(after_TRV[-1], written.state, np.arange(len(rows)))
        else:
            if goals_TR is not None:
                self.ahead.put_back(rows, goals_TR[num_right:])
            chosen_TRV, filtered_TRV = chosen_TRV[:num_right], filtered_TRV[:num_right]
            tokens_TR = tokens_TR[:num_right]
            place = self._again(place, tokens_TR)
        live = yield from texts.extend(chosen_TRV, filtered_TRV, tokens_TR)
        if live is None or len(live) == len(rows):
            return None if live is None else place
        return place._replace(log_probs_RV=place.log_probs_RV[live], places_R=place.places_R[live])

    def _again(self, place: _Place, tokens_TR: Ids) -> _Place:
        """Return the place after some tokens, which the rows read again in single steps."""
        log_probs_RV, state, places_R, _ = place
        for tokens_R in tokens_TR:
            log_probs_RV, state = self.step(state, places_R, tokens_R)
            places_R = np.arange(len(places_R))
        return _Place(log_probs_RV, state, places_R, is_disputed=True)


def _num_right(filtered_TRV: LogProbs, tokens_TR: Ids, goals_TR: Goals) -> int:
    """Return the number of steps before the first choice that differs from ours.

    A row for which the filters leave no token has no choice.
    """
    flat_NV = filtered_TRV.reshape(-1, filtered_TRV.shape[-1])
    best_N = flat_NV.argmax(-1)
    chosen_N = best_N
    if goals_TR is not None:
        with np.errstate(invalid="ignore"):  # a row without a token
            chosen_N = draw_at(flat_NV, goals_TR[: len(tokens_TR)].reshape(-1))
    is_wrong_N = chosen_N != tokens_TR.reshape(-1)
    is_wrong_N |= flat_NV[np.arange(len(flat_NV)), best_N] == NEVER
    is_wrong_T = is_wrong_N.reshape(tokens_TR.shape).any(-1)
    return int(is_wrong_T.argmax()) if is_wrong_T.any() else len(tokens_TR)


def best(filtered_RV: LogProbs, _rows: Sequence[int], _length: int) -> Ids:
    """Return the most probable token of each row; a function of the type `Choose`."""
    best_R: Ids = filtered_RV.argmax(-1)
    return best_R
