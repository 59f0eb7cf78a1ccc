"""The line at the top: the screens with their keys, and how many runs are in each state."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.events import Click
from textual.widget import Widget

from rnnlab.base.cells import to_right
from rnnlab.tui.messages import ScreenAsked
from rnnlab.tui.shell.actions import written
from rnnlab.tui.shell.screen_registry import ScreenEntry, entries

_MORE = "… F1"
"""Shown if not all screens fit; the help lists the others."""


class _Form(NamedTuple):
    """A way to write the line."""

    has_keys: bool = True
    is_short: bool = False
    """Whether the names are the short ones."""
    padding: str = ""
    """What stands on both sides of a label."""
    beginning: str = ""
    gap: str = " "
    """What separates two labels: names without keys next to each other read as one name."""


_FORMS = (
    _Form(padding=" "), _Form(), _Form(is_short=True),
    _Form(has_keys=False, is_short=True, beginning="g ", gap="  "),
    _Form(has_keys=False, is_short=True, beginning="g "),
)  # fmt: skip
"""From the widest to the narrowest; the first one in which all screens fit is shown."""


class ScreenBar(Widget):
    """Show the names of as many screens as fit; a click opens one.

    The letter that opens a screen after `g` is underlined in its name. On a wide terminal, its own
    key is shown before the name; on a narrow one, names are short and stand without their keys.
    """

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
        shown = getattr(self.screen, "entry_name", "")
        room = self.size.width - 2
        text, self._places = Text(no_wrap=True), []
        for form in _FORMS:
            text, self._places = _line(form, shown, room)
            if len(self._places) == len(entries()):
                break
        left = room - text.cell_len
        if cell_len(self._status) < left:
            text.append(to_right(self._status, left), "dim")
        return text

    def on_click(self, event: Click) -> None:
        """Open the screen whose name was clicked."""
        for start, end, name in self._places:
            if start <= event.x - 1 < end:
                self.post_message(ScreenAsked(name))


def _line(form: _Form, shown: str, room: int) -> tuple[Text, list[tuple[int, int, str]]]:
    """Return the line of the labels that fit, and their places."""
    text = Text.assemble((form.beginning, "dim"), no_wrap=True)
    places: list[tuple[int, int, str]] = []
    labels = [(entry.name, _label(entry, form)) for entry in entries()]
    gap = len(form.gap)
    width = len(text) + sum(len(label) + gap for _, label in labels) - gap
    is_full, does_all_fit = False, width <= room
    ending = next((len(label) + gap for name, label in labels if name == shown), 0)
    for name, label in labels:
        # If the label of the visible screen does not fit at its place, it is put at the end.
        reserved = 0 if does_all_fit else len(_MORE) + (0 if name == shown else ending)
        is_full = is_full or len(text) + len(label) > room - reserved
        if is_full and name != shown:
            continue
        if name == shown:
            ending = 0
            label.stylize("bold reverse")
        places.append((len(text), len(text) + len(label), name))
        text.append_text(label).append(form.gap)
    if is_full:
        text.append(_MORE, "dim")
    return text, places


def _label(entry: ScreenEntry, form: _Form) -> Text:
    label = Text(form.padding)
    if form.has_keys:
        key = written(entry.first_key) if entry.key else f"g{entry.go}"
        label.append(f"{key} ", "dim")
    name = entry.short_title if form.is_short else entry.title
    return label.append_text(_underlined(name, entry.go)).append(form.padding)


def _underlined(title: str, letter: str) -> Text:
    """Return a title with the first occurrence of a letter underlined."""
    text = Text(title)
    place = title.lower().find(letter)
    if place >= 0:
        text.stylize("underline", place, place + 1)
    return text
