"""The views of a screen in one line, the chosen one standing out; a click chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.app import RenderResult
from textual.events import Click
from textual.message import Message
from textual.widget import Widget


class ViewTabs(Widget):
    """A row of names, each behind the digit that chooses it."""

    @dataclass
    class Chosen(Message):
        """Another view is wanted."""

        name: str

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(id="views")
        self.names = tuple(names)
        self.chosen = self.names[0]
        self._places: list[tuple[int, int, str]] = []

    def choose(self, name: str) -> None:
        """Let a name stand out."""
        self.chosen = name
        self.refresh()

    def neighbour(self, step: int) -> str:
        """Return the name so many places on, round the ends."""
        return self.names[(self.names.index(self.chosen) + step) % len(self.names)]

    def render(self) -> RenderResult:
        """Return the line: closer where it is narrow, then digits alone but for the chosen one."""
        letters = sum(len(name) + 2 for name in self.names)
        gap = " " if letters + len(self.names) <= self.size.width else ""
        text, self._places = Text(no_wrap=True), []
        for digit, name in enumerate(self.names, 1):
            is_chosen = name == self.chosen
            label = Text(f"{digit}", "bold" if is_chosen else "dim")
            if letters <= self.size.width + 1 or is_chosen:
                label.append(gap + name, "bold reverse" if is_chosen else "")
            self._places.append((len(text), len(text) + len(label), name))
            text.append_text(label).append(" ")
        return text

    def on_click(self, event: Click) -> None:
        """Choose the name that was clicked."""
        for start, end, name in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(name))
