"""Why a text ends: the end of the sentence, and the stop strings."""

from __future__ import annotations

from rnnlab.decoding._hypothesis import End, Hypothesis
from rnnlab.decoding._options import Options
from rnnlab.decoding._step import SearchStart


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
