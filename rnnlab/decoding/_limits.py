"""Limits of the length and the duration of a search."""

from __future__ import annotations

from rnnlab.decoding._base import Last
from rnnlab.decoding._hypothesis import Hypothesis
from rnnlab.decoding._options import Options
from rnnlab.decoding._step import SearchStart


class Limits:
    """Limits of length and time; the time starts when the object is created."""

    def __init__(self, start: SearchStart, options: Options, max_length: int) -> None:
        self.max_length = options.longest(max_length)
        """Maximum number of tokens of a text."""
        self._clock = start.clock
        self._deadline = self._clock() + options.max_time if options.max_time else None

    @property
    def is_time_up(self) -> bool:
        """Whether the search has to stop now."""
        return self._deadline is not None and self._clock() >= self._deadline

    def last(self, length: int, *, is_over: bool) -> Last | None:
        """Return why a search is over after a step, or None if it goes on.

        length: tokens written so far. is_over: whether no text can be extended.
        """
        if is_over:
            return "ended"
        if length >= self.max_length:
            return "length"
        return "time" if self.is_time_up else None


def why_over(hypothesis: Hypothesis, last: Last | None, max_length: int) -> str | None:
    """Return why a hypothesis is not extended any more, or None if it is still live."""
    if hypothesis.end or last is None:
        return hypothesis.end
    if hypothesis.length >= max_length:
        return "length"
    return "time" if last == "time" else "stuck"  # the filters left no token
