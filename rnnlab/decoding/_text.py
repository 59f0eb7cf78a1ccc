"""What a row has read and written, as filters and stop strings see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnnlab.decoding._hypothesis import End, Hypothesis

if TYPE_CHECKING:
    from rnnlab.decoding._base import SearchStart
    from rnnlab.decoding._options import Options


class Rows:
    """The rows of a step: for filters that look at more than the distribution."""

    def __init__(
        self, hypotheses: Sequence[Hypothesis], start: SearchStart, options: Options
    ) -> None:
        self.hypotheses = hypotheses
        """One a row."""
        self.start = start
        self.options = options

    def __len__(self) -> int:
        return len(self.hypotheses)

    def written(self, row: int) -> int:
        """Return how many tokens the row has written."""
        return self.hypotheses[row].length

    def recent(self, row: int, num: int) -> list[int]:
        """Return the last `num` tokens that the row has read or written."""
        found = self.hypotheses[row].last_tokens(num)
        missing = num - len(found)
        prompts = self.start.prompts
        if missing <= 0 or not prompts:
            return found
        before = prompts[self.hypotheses[row].prompt].tokens
        return [*before[max(0, len(before) - missing) :], *found]

    def tail(self, row: int, num_letters: int) -> str:
        """Return the last letters that the row has read or written, at least `num_letters`.

        Fewer only where there are no more.
        """
        pieces = self.start.pieces
        num = max(1, num_letters)
        # A token adds a letter or more; only silent ones make a second look necessary.
        while True:
            tokens = self.recent(row, num)
            text = "".join(pieces[token] for token in tokens)
            if len(text) >= num_letters or len(tokens) < num:
                return text
            num *= 2

    def continuation(self, row: int) -> str:
        """Return the text that the row has written."""
        return "".join(self.start.pieces[token] for token in self.hypotheses[row].tokens())


class StopCriteria:
    """Tells what ends a text: the end of the sentence, or a stop string."""

    def __init__(self, start: SearchStart, options: Options) -> None:
        self.eos = start.eos
        self._pieces = start.pieces
        self._stops = options.stop_strings()
        self._reach = max(map(len, self._stops), default=0)

    @property
    def are_textual(self) -> bool:
        """Whether more than the last token decides."""
        return bool(self._stops)

    def of(self, parent: Hypothesis, token: int) -> End | None:
        """Return what ends `parent` extended by a token, or None."""
        if token == self.eos:
            return "eos"
        if self._stops:
            text = self._tail(parent) + self._pieces[token]
            if any(stop in text for stop in self._stops):
                return "stop"
        return None

    def _tail(self, parent: Hypothesis) -> str:
        """Return the last letters among which a stop string can begin.

        Stop strings count in what is written, not in the prompt.
        """
        num_letters = num = self._reach - 1
        if not num_letters:
            return ""
        # As in `Rows.tail`: only silent tokens make a second look necessary.
        while True:
            tokens = parent.last_tokens(num)
            text = "".join(self._pieces[t] for t in tokens)
            if len(text) >= num_letters or len(tokens) < num:
                return text[-num_letters:]
            num *= 2
