"""The way from the home screen to the visible one: escape goes back along it."""

from __future__ import annotations


class Trail:
    """The names of the screens on the way, each once.

    A screen that is opened again, by any key, shortens the way to it: escape never goes in circles.
    """

    def __init__(self, home: str) -> None:
        self._home = home
        self._names = [home]

    @property
    def previous(self) -> str:
        """The screen that the user came from; the home screen for itself."""
        return self._names[-2] if len(self._names) > 1 else self._home

    def opened(self, name: str) -> None:
        """Record that a screen opens."""
        if name in self._names:
            del self._names[self._names.index(name) + 1 :]
        else:
            self._names.append(name)
