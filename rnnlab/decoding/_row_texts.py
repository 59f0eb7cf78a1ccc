"""The texts of rows that do not see each other; hypotheses are only created on access.

Shapes: R live rows, T steps, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial

import numpy as np

from rnnlab.decoding._base import Expansion, Frame
from rnnlab.decoding._hypothesis import End, Hypothesis, empty_hypothesis
from rnnlab.decoding._limits import Limits
from rnnlab.decoding._numbers import Ids, LogProbs
from rnnlab.decoding._options import Options
from rnnlab.decoding._step import SearchStart
from rnnlab.decoding._stop import StopCriteria


class RowTexts:
    """The texts of all rows, and which of them are live."""

    def __init__(self, start: SearchStart, options: Options, max_length: int) -> None:
        self._criteria = StopCriteria(start, options)
        self._limits = Limits(start, options, max_length)
        self._texts = [_Text(row) for row in range(len(start.log_probs_PV))]
        self.rows = list(range(len(self._texts)))
        """Numbers of the live rows."""
        self.length = 0
        """Number of tokens of the live rows."""

    @property
    def num_left(self) -> int:
        """Number of tokens until the maximum length."""
        return self._limits.max_length - self.length

    def live(self) -> list[Hypothesis]:
        """Return the hypotheses of the live rows."""
        return self._some(self.rows, self.length)

    def everyone(self) -> list[Hypothesis]:
        """Return the hypotheses of all rows."""
        return self._all(self.length)

    def last_tokens(self, row: int, num: int) -> list[int]:
        """Return the last `num` tokens that a row has written, or all if there are fewer."""
        return self._texts[row].tokens[-num:]

    def only(self, places: Sequence[int] | Ids) -> None:
        """Keep only the live rows at these places."""
        self.rows = [self.rows[i] for i in places]

    def grow(
        self, log_probs_RV: LogProbs, filtered_RV: LogProbs, tokens_R: Ids
    ) -> tuple[Frame, Sequence[int]]:
        """Append a token to every live row; return the frame and the places of the rows still live.

        Rows that ended are removed from `rows`.
        """
        rows = self.rows
        each_R = np.arange(len(rows))
        gains_R = logprobs_R = log_probs_RV[each_R, tokens_R].tolist()
        if filtered_RV is not log_probs_RV:
            gains_R = filtered_RV[each_R, tokens_R].tolist()
        live = self._append(tokens_R.tolist(), logprobs_R, gains_R)
        return self._frame(rows, log_probs_RV, filtered_RV, is_over=not live), live

    def extend(
        self, log_probs_TRV: LogProbs, filtered_TRV: LogProbs, tokens_TR: Ids
    ) -> Generator[Frame, None, Ids | None]:
        """Append several tokens to every live row; yield the frames up to the last one.

        Rows that ended are removed from `rows`. Returns the places of the rows still live; None if
        the search is over.
        """
        at_TR1 = tokens_TR[:, :, None]
        gains_TR = logprobs_TR = np.take_along_axis(log_probs_TRV, at_TR1, -1)[:, :, 0]
        if filtered_TRV is not log_probs_TRV:
            gains_TR = np.take_along_axis(filtered_TRV, at_TR1, -1)[:, :, 0]
        is_filtered = filtered_TRV is not log_probs_TRV
        places_R = np.arange(len(self.rows))
        if not (self._criteria.are_textual or (tokens_TR == self._criteria.eos).any()):
            columns = zip(tokens_TR.T, logprobs_TR.T, gains_TR.T, self.rows, strict=True)
            for tokens_T, logprobs_T, gains_T, row in columns:
                self._texts[row].extend(tokens_T.tolist(), logprobs_T.tolist(), gains_T.tolist())
            for step, log_probs_RV in enumerate(log_probs_TRV):
                self.length += 1
                filtered_RV = filtered_TRV[step] if is_filtered else log_probs_RV
                frame = self._frame(self.rows, log_probs_RV, filtered_RV, is_over=False)
                yield frame
                if frame.last is not None:
                    return None
            return places_R
        for step, (tokens_R, logprobs_R, gains_R) in enumerate(
            zip(tokens_TR, logprobs_TR, gains_TR, strict=True)
        ):
            rows, live = self.rows, places_R
            columns_R = (column_R[live].tolist() for column_R in (tokens_R, logprobs_R, gains_R))
            places_R = live[self._append(*columns_R)]
            log_probs_RV = log_probs_TRV[step]
            filtered_RV = filtered_TRV[step] if is_filtered else log_probs_RV
            if len(live) < len(log_probs_RV):
                log_probs_RV = log_probs_RV[live]
                filtered_RV = filtered_RV[live] if is_filtered else log_probs_RV
            frame = self._frame(rows, log_probs_RV, filtered_RV, is_over=not len(places_R))
            yield frame
            if frame.is_last:
                return None
        return places_R

    def _append(
        self, tokens: Sequence[int], logprobs: Sequence[float], gains: Sequence[float]
    ) -> Sequence[int]:
        """Append a token to every live row; return the places of the rows still live."""
        rows, live = self.rows, []
        for place, (row, token) in enumerate(zip(rows, tokens, strict=True)):
            text = self._texts[row]
            if self._criteria.are_textual:
                text.end = self._criteria.of(text.hypothesis(self.length), token)
            elif token == self._criteria.eos:
                text.end = "eos"
            text.tokens.append(token)
            text.logprobs.append(logprobs[place])
            text.gains.append(gains[place])
            if text.end is None:
                live.append(place)
        self.length += 1
        if len(live) < len(rows):
            self.only(live)
        return live

    def _frame(
        self, rows: list[int], log_probs_RV: LogProbs, filtered_RV: LogProbs, *, is_over: bool
    ) -> Frame:
        last, length = self._limits.last(self.length, is_over=is_over), self.length
        parents = partial(self._some, rows, length - 1)
        expansion = Expansion(parents, log_probs_RV, filtered_RV)
        return Frame(partial(self._all, length), last, (expansion,))

    def _all(self, length: int) -> list[Hypothesis]:
        """Return the hypotheses of all rows after some step; later steps do not change them."""
        return [text.hypothesis(length) for text in self._texts]

    def _some(self, rows: Sequence[int], length: int) -> list[Hypothesis]:
        return [self._texts[row].hypothesis(length) for row in rows]


class _Text:
    """The tokens of a row, and the hypotheses that somebody has asked for."""

    __slots__ = ("_nodes", "end", "gains", "logprobs", "tokens")

    def __init__(self, row: int) -> None:
        self.tokens: list[int] = []
        self.logprobs: list[float] = []
        """Log-prob of each token by the model, in nats."""
        self.gains: list[float] = []
        """Log-prob of each token after the filters, in nats: the summands of the score."""
        self.end: End | None = None
        self._nodes = [empty_hypothesis(row)]
        """Hypotheses with 0, 1, 2, ... tokens."""

    def extend(self, tokens: list[int], logprobs: list[float], gains: list[float]) -> None:
        """Append tokens that do not end the text."""
        self.tokens += tokens
        self.logprobs += logprobs
        self.gains += gains

    def hypothesis(self, length: int) -> Hypothesis:
        """Return the first `length` tokens, or the whole text if it is shorter."""
        nodes, num = self._nodes, len(self.tokens)
        length = min(length, num)
        while len(nodes) <= length:
            parent, place = nodes[-1], len(nodes) - 1
            end = self.end if len(nodes) == num else None
            token, score = self.tokens[place], parent.score + self.gains[place]
            nodes.append(parent.extended(token, self.logprobs[place], score, end))
        return nodes[length]
