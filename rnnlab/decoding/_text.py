"""The prompts and continuations of rows, for filters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnlab.decoding._hypothesis import Hypothesis
from rnnlab.decoding._numbers import Ids
from rnnlab.decoding._step import SearchStart


class Rows:
    """The rows of a step, for filters that need more than the distribution."""

    def __init__(self, hypotheses: Sequence[Hypothesis], start: SearchStart, last: int) -> None:
        self.hypotheses = hypotheses
        """One hypothesis per row."""
        self.start = start
        self.last = last
        """Number of last tokens that penalties count."""

    def __len__(self) -> int:
        return len(self.hypotheses)

    def written(self, row: int) -> int:
        """Return the number of tokens of the row's continuation."""
        return self.hypotheses[row].length

    def recent(self, row: int, num: int) -> list[int]:
        """Return the last `num` tokens of the row's prompt and continuation."""
        written = self.hypotheses[row].last_tokens(num)
        missing = num - len(written)
        prompts = self.start.prompts
        if missing <= 0 or not prompts:
            return written
        before = prompts[self.hypotheses[row].prompt].tokens
        return [*before[max(0, len(before) - missing) :], *written]

    def counts(self, num_tokens: int) -> Ids:
        """Return how often each token [R, V] is among the last tokens that penalties count.

        The end of the sentence is not counted: it repeats no visible text.
        """
        counts_RV = np.zeros((len(self), num_tokens), np.int64)
        for row in range(len(self)):
            if recent := self.recent(row, self.last):
                counts_RV[row] = np.bincount(recent, minlength=num_tokens)
        if self.start.eos is not None:
            counts_RV[:, self.start.eos] = 0
        return counts_RV

    def tail(self, row: int, num_chars: int) -> str:
        """Return at least the last `num_chars` characters of the row's prompt and continuation.

        If they have fewer characters, return all.
        """
        pieces = self.start.pieces
        num = max(1, num_chars)
        # A second pass is rare: only tokens without text have fewer than one character.
        while True:
            tokens = self.recent(row, num)
            text = "".join(pieces[token] for token in tokens)
            if len(text) >= num_chars or len(tokens) < num:
                return text
            num *= 2

    def continuation(self, row: int) -> str:
        """Return the text of the row's continuation."""
        return "".join(self.start.pieces[token] for token in self.hypotheses[row].tokens())
