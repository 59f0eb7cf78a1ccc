"""The views of a screen in one line, the chosen one highlighted; a click chooses one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.app import RenderResult
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

_BEFORE, _AFTER = "< ", ">"
"""Shown at an end at which names are left out."""


class ViewTabs(Widget):
    """A row of names, of which the left and right keys choose one."""

    @dataclass
    class Chosen(Message):
        """The user has clicked on a view."""

        name: str

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(id="views")
        self.names = tuple(names)
        self.chosen = self.names[0]
        self._places: list[tuple[int, int, str]] = []

    def choose(self, name: str) -> None:
        """Highlight a name."""
        self.chosen = name
        self.refresh()

    def neighbour(self, step: int) -> str:
        """Return the name `step` positions after the chosen one, with wrap-around."""
        return self.names[(self.names.index(self.chosen) + step) % len(self.names)]

    def render(self) -> RenderResult:
        """Return the line: all names, or as many around the chosen one as fit."""
        first, end = self._window()
        text, self._places = Text(no_wrap=True), []
        text.append(_BEFORE if first else "", "dim")
        for name in self.names[first:end]:
            self._places.append((len(text), len(text) + len(name), name))
            text.append(name, "bold reverse" if name == self.chosen else "").append(" ")
        return text.append(_AFTER if end < len(self.names) else "", "dim")

    def _window(self) -> tuple[int, int]:
        """Return the range of names that fit, grown from the chosen one to both sides."""
        first = self.names.index(self.chosen)
        end = first + 1
        is_grown = True
        while is_grown:
            is_grown = False
            for wider in ((first, end + 1), (first - 1, end)):
                if wider[0] >= 0 and wider[1] <= len(self.names) and self._fits(*wider):
                    (first, end), is_grown = wider, True
        return first, end

    def _fits(self, first: int, end: int) -> bool:
        width = sum(map(len, self.names[first:end])) + end - first - 1
        width += len(_BEFORE) if first else 0
        width += 1 + len(_AFTER) if end < len(self.names) else 0
        return width <= self.size.width

    def on_click(self, event: Click) -> None:
        """Choose the name that was clicked."""
        for start, end, name in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(name))
