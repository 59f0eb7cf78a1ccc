"""The views of a screen in one line, the chosen one highlighted; a click chooses one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.app import RenderResult
from textual.events import Click
from textual.message import Message
from textual.widget import Widget


class ViewTabs(Widget):
    """A row of names, each preceded by the digit that chooses it."""

    @dataclass
    class Chosen(Message):
        """The user has clicked on a view."""

        name: str

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(id="views")
        self.names = tuple(names)
        self.chosen = self.names[0]
        self._has_keys = True
        self._places: list[tuple[int, int, str]] = []

    def choose(self, name: str) -> None:
        """Highlight a name."""
        self.chosen = name
        self.refresh()

    def neighbour(self, step: int) -> str:
        """Return the name `step` positions after the chosen one, with wrap-around."""
        return self.names[(self.names.index(self.chosen) + step) % len(self.names)]

    def show_keys(self, *, are_live: bool) -> None:
        """Show the digits; omit them while a text field has the focus and takes digits as text."""
        if are_live != self._has_keys:
            self._has_keys = are_live
            self.refresh()

    def render(self) -> RenderResult:
        """Return the line, with as many digits and names as fit."""
        text, self._places = Text(no_wrap=True), []
        for name, label in zip(self.names, self._labels(), strict=True):
            self._places.append((len(text), len(text) + len(label), name))
            text.append_text(label).append(" ")
        return text

    def _labels(self) -> list[Text]:
        """Return one label per view, a digit and a name, shortened to fit.

        The chosen view's digit is dropped first, then the names of the other views.
        """
        chosen, keys = self.names.index(self.chosen), self._has_keys
        for all_digits, all_names in ((True, True), (False, True), (False, False)):
            labels = [
                self._label(
                    place,
                    has_digit=keys and (all_digits or place != chosen),
                    has_name=all_names or place == chosen,
                )
                for place in range(len(self.names))
            ]
            if sum(map(len, labels)) + len(labels) - 1 <= self.size.width:
                break
        return labels

    def _label(self, place: int, *, has_digit: bool, has_name: bool) -> Text:
        is_chosen = self.names[place] == self.chosen
        label = Text(str(place + 1) if has_digit else "", "bold" if is_chosen else "dim")
        if has_name:
            label.append(" " * has_digit)
            label.append(self.names[place], "bold reverse" if is_chosen else "")
        return label

    def on_click(self, event: Click) -> None:
        """Choose the name that was clicked."""
        for start, end, name in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(name))
