"""The prompts and continuations of rows, for filters and stop strings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnnlab.decoding._hypothesis import End, Hypothesis

if TYPE_CHECKING:
    from rnnlab.decoding._base import SearchStart
    from rnnlab.decoding._options import Options


class Rows:
    """The rows of a step, for filters that need more than the distribution."""

    def __init__(
        self, hypotheses: Sequence[Hypothesis], start: SearchStart, options: Options
    ) -> None:
        self.hypotheses = hypotheses
        """One hypothesis per row."""
        self.start = start
        self.options = options

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


class StopCriteria:
    """Stop criteria of a text: the end of the sentence and the stop strings."""

    def __init__(self, start: SearchStart, options: Options) -> None:
        self.eos = start.eos
        self._pieces = start.pieces
        self._stops = options.stop_strings()
        self._reach = max(map(len, self._stops), default=0)

    @property
    def are_textual(self) -> bool:
        """Whether there are stop strings; the end of a text then depends on several tokens."""
        return bool(self._stops)

    def of(self, parent: Hypothesis, token: int) -> End | None:
        """Return why the text ends if `token` follows `parent`, or None if it does not end."""
        if token == self.eos:
            return "eos"
        if self._stops:
            text = self._tail(parent) + self._pieces[token]
            if any(stop in text for stop in self._stops):
                return "stop"
        return None

    def _tail(self, parent: Hypothesis) -> str:
        """Return the last characters of the continuation, in which a stop string can begin.

        Stop strings in the prompt do not count.
        """
        num_chars = num = self._reach - 1
        if not num_chars:
            return ""
        # As in `Rows.tail`, a second pass is rare.
        while True:
            tokens = parent.last_tokens(num)
            text = "".join(self._pieces[t] for t in tokens)
            if len(text) >= num_chars or len(tokens) < num:
                return text[-num_chars:]
            num *= 2
