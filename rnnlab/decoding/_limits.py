"""How long a search may go on."""

from __future__ import annotations

from rnnlab.decoding._base import Last, SearchStart
from rnnlab.decoding._options import Options


class Limits:
    """The length and the time that are asked for; the time is measured from now on."""

    def __init__(self, start: SearchStart, options: Options, max_length: int) -> None:
        self.max_length = options.longest(max_length)
        """Tokens that a text may have."""
        self._clock = start.clock
        self._deadline = self._clock() + options.max_time if options.max_time else None

    @property
    def is_time_up(self) -> bool:
        """Whether the search has to give what it has."""
        return self._deadline is not None and self._clock() >= self._deadline

    def last(self, length: int, *, is_over: bool) -> Last | None:
        """Return why a search is over after a step, or None while it goes on.

        is_over: whether no text can be extended.
        """
        if is_over:
            return "ended"
        if length >= self.max_length:
            return "length"
        return "time" if self.is_time_up else None
