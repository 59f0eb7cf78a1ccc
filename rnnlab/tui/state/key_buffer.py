"""Holds key presses while a screen or a dialog opens.

Opening a screen takes longer than pressing the next key. Without the buffer, keys meant for the new
screen would be commands to the previous screen: `s`, for example, would stop a run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from textual.events import Key, Paste
from textual.message_pump import MessagePump

Pressed = Key | Paste
"""Events that go to the focused widget."""


class KeyBuffer:
    """A queue of events, open or closed; only the last caller of `close` can open it again."""

    def __init__(self) -> None:
        self._held: deque[Pressed] = deque()
        self._ticket = 0
        self._is_closed = False

    def close(self) -> int:
        """Hold all further key presses; return the ticket that opens the buffer again."""
        self._is_closed = True
        self._ticket += 1
        return self._ticket

    def open(self, ticket: int) -> None:
        """Let keys pass again, unless another caller has closed the buffer since."""
        if ticket == self._ticket:
            self._is_closed = False

    def holds(self, event: Pressed) -> bool:
        """Queue an event if the buffer is closed or not empty; return True if it was queued."""
        if self._is_closed or self._held:
            self._held.append(event)
            return True
        return False

    def put_first(self, event: Pressed) -> None:
        """Queue an event before those that are held."""
        self._held.appendleft(event)

    def next(self) -> Pressed | None:
        """Remove and return the oldest event; None if the buffer is closed or empty."""
        return None if self._is_closed or not self._held else self._held.popleft()


def after_all(pumps: Sequence[MessagePump], callback: Callable[[], object]) -> None:
    """Call `callback` once all pumps, one after another, have processed the queued messages."""
    for place, pump in enumerate(pumps):
        if pump.call_later(after_all, pumps[place + 1 :], callback):
            return
    callback()
