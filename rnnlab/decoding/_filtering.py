"""The filters of a search that a `Writer` applies, and their context in our own check.

Shapes: T steps, R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rnnlab.decoding._numbers import Ids
from rnnlab.decoding._options import Options
from rnnlab.decoding._step import Filtering, SearchStart
from rnnlab.decoding._text import Rows


def filtering_of(
    options: Options,
    start: SearchStart,
    rows: Sequence[int],
    last_tokens: Callable[[int, int], list[int]],
    length: int,
) -> Filtering:
    """Return the active filters with their context; the writer has all of them.

    rows: numbers of the live rows. last_tokens: returns the last N tokens of a row's continuation,
    given the number of the row and N. length: tokens of every continuation.
    """
    chain = [
        (name, 1.0 if isinstance(value, str) else float(value))
        for name, value in options.active_filters()
    ]
    recent = []
    if "penalty" in options.active_kinds():
        for row in rows:
            written = last_tokens(row, options.last)
            prompt = start.prompts[row].tokens if start.prompts else ()
            missing = options.last - len(written)
            recent.append([*prompt[max(0, len(prompt) - missing) :], *written])
    return Filtering(chain, length, recent, options.last)


class AheadRows(Rows):
    """The rows of T steps of R texts, all rows of a step after those of the previous step.

    It only serves filters that a writer has: they read lengths and counts.
    """

    def __init__(self, start: SearchStart, filtering: Filtering, tokens_TR: Ids) -> None:
        super().__init__((), start, filtering.last)
        self._filtering = filtering
        self._tokens_TR = tokens_TR
        self._num_steps: int = tokens_TR.shape[0]
        self._num_rows: int = tokens_TR.shape[1]

    def __len__(self) -> int:
        return self._num_steps * self._num_rows

    def written(self, row: int) -> int:
        """Return the number of tokens of the row's continuation."""
        return self._filtering.length + row // self._num_rows

    def recent(self, row: int, num: int) -> list[int]:
        """Return the last `num` tokens, at most those that penalties count."""
        step, column = divmod(row, self._num_rows)
        before = self._filtering.recent[column]
        return [*before, *self._tokens_TR[:step, column].tolist()][-min(num, self.last) :]

    def counts(self, num_tokens: int) -> Ids:
        """Return the counts of all steps from those of the first one, token by token."""
        counts_TRV = np.empty((self._num_steps, self._num_rows, num_tokens), np.int64)
        for column, before in enumerate(self._filtering.recent):
            text = [*before, *self._tokens_TR[:, column].tolist()]
            counts_V = np.bincount(before, minlength=num_tokens)
            for step in range(self._num_steps):
                counts_TRV[step, column] = counts_V
                end = len(before) + step
                counts_V[text[end]] += 1
                if end >= self.last:
                    counts_V[text[end - self.last]] -= 1
        if self.start.eos is not None:
            counts_TRV[:, :, self.start.eos] = 0
        return counts_TRV.reshape(-1, num_tokens)


class BeamRows(Rows):
    """The live rows of several steps of a beam; it only serves filters that read lengths."""

    def __init__(self, start: SearchStart, options: Options, lengths: Sequence[int]) -> None:
        super().__init__((), start, options.last)
        self._lengths = lengths
        """Number of tokens of the continuation of each row."""

    def __len__(self) -> int:
        return len(self._lengths)

    def written(self, row: int) -> int:
        """Return the number of tokens of the row's continuation."""
        return self._lengths[row]
