"""Keys wait while one that opens a screen is being done, until the screen has come.

What opens a screen or a dialog takes a while, and fingers are faster: without the gate the next
letters would be commands to the screen below, where `s` stops a run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from textual.events import Key, Paste
from textual.message_pump import MessagePump

Pressed = Key | Paste
"""What goes to whatever has the focus."""


class KeyBuffer:
    """Open, or closed until the one who closed it last lets go."""

    def __init__(self) -> None:
        self._held: deque[Pressed] = deque()
        self._ticket = 0
        self._is_closed = False

    def close(self) -> int:
        """Hold what is pressed from now on; return the ticket that opens it again."""
        self._is_closed = True
        self._ticket += 1
        return self._ticket

    def open(self, ticket: int) -> None:
        """Let keys pass again, unless somebody else has closed it since."""
        if ticket == self._ticket:
            self._is_closed = False

    def holds(self, event: Pressed) -> bool:
        """Take an event where others wait or the gate is closed; tell whether it was taken."""
        if self._is_closed or self._held:
            self._held.append(event)
            return True
        return False

    def next(self) -> Pressed | None:
        """Give what was held first; None while the gate is closed or where nothing is held."""
        return None if self._is_closed or not self._held else self._held.popleft()


def follow(path: Sequence[MessagePump], done: Callable[[], object]) -> None:
    """Call something once everybody on a path, in turn, has done what was posted to them so far."""
    for place, pump in enumerate(path):
        if pump.call_later(follow, path[place + 1 :], done):
            return
    done()
