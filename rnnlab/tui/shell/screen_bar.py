"""The line at the top: the screens with their keys, and how many runs are in each state."""

from __future__ import annotations

from rich.text import Text
from textual.app import RenderResult
from textual.events import Click
from textual.widget import Widget

from rnnlab.tui.messages import ScreenAsked
from rnnlab.tui.shell.actions import written
from rnnlab.tui.shell.screen_registry import ScreenEntry, entries

_GAP = "  "
_MORE = "… F1"
"""Shown if not all screens fit; the help lists the others."""


class ScreenBar(Widget):
    """Show the names of as many screens as fit; a click opens one."""

    def __init__(self) -> None:
        super().__init__(id="title")
        self._status = ""
        self._places: list[tuple[int, int, str]] = []

    def show_status(self, status: str) -> None:
        """Show the states of the runs, at the right; paint only if the text has changed."""
        if status != self._status:
            self._status = status
            self.refresh()

    def render(self) -> RenderResult:
        """Return the line, with the visible screen in reverse."""
        text, self._places = Text(no_wrap=True), []
        shown = getattr(self.screen, "entry_name", "")
        room = self.size.width - 2
        labels = [(entry.name, _label(entry)) for entry in entries()]
        gap = _GAP if sum(len(label) + len(_GAP) for _, label in labels) <= room else " "
        if gap == " ":
            labels = [(name, label[1:-1]) for name, label in labels]
        ending = next((len(label) + len(gap) for name, label in labels if name == shown), 0)
        is_full = False
        for name, label in labels:
            # If the label of the visible screen does not fit at its place, it is put at the end.
            reserved = len(_MORE) + (0 if name == shown else ending)
            is_full = is_full or len(text) + len(label) > room - reserved
            if is_full and name != shown:
                continue
            if name == shown:
                ending = 0
                label.stylize("bold reverse")
            self._places.append((len(text), len(text) + len(label), name))
            text.append_text(label).append(gap)
        if is_full:
            text.append(_MORE, "dim")
        if len(text) + len(self._status) <= room:
            text.append(self._status.rjust(room - len(text)), "dim")
        return text

    def on_click(self, event: Click) -> None:
        """Open the screen whose name was clicked."""
        for start, end, name in self._places:
            if start <= event.x - 1 < end:
                self.post_message(ScreenAsked(name))


def _label(entry: ScreenEntry) -> Text:
    return Text.assemble((f" {written(entry.first_key)}", "dim"), f" {entry.title} ")
