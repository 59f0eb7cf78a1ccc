"""The line at the bottom: the keys that go here, as many as there is room for.

Painted, not made of widgets: it changes with the focus and with what can be done, and a widget for
every key would have each of them styled and laid out anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.events import Click, MouseMove
from textual.screen import Screen
from textual.widget import Widget

from rnnlab.tui.shell.actions import Group

_HELP = "help"
"""Stays where others have no room: it names them all."""
_OUT = "out"
"""Left out after all others."""


class Shown(NamedTuple):
    """A key of the line."""

    key: str
    """Textual's name of it."""
    name: str
    """That of the action."""
    written: str
    """The key as people write it."""
    label: str
    """What it does now."""
    help: str

    @property
    def width(self) -> int:
        """Columns that it takes: blanks around the key, one behind the label."""
        return cell_len(self.written) + cell_len(self.label) + 3


class LabFooter(Widget):
    """Names what the keys would do now; a click on one presses it."""

    COMPONENT_CLASSES: ClassVar = {"keys--key", "keys--label"}
    DEFAULT_CSS = """
    LabFooter {
        dock: bottom;
        height: 1;
        background: $footer-background;
        &:hover { pointer: pointer; }
        .keys--key { color: $footer-key-foreground; text-style: bold; }
        .keys--label { color: $footer-description-foreground; }
    }
    """

    def __init__(self, label_of: Callable[[str], str]) -> None:
        """Make an empty line; label_of: says what an action would do, nothing to leave it out."""
        super().__init__()
        self._label_of = label_of
        self._keys: list[Shown] = []

    @property
    def shown(self) -> list[Shown]:
        """The keys that have room, in the order of the screen's table."""
        kept = list(self._keys)
        room = self.size.width - sum(key.width for key in kept)
        others = [key for key in kept if key.name not in (_HELP, _OUT)]
        for key in [*reversed(others), *(key for key in kept if key.name == _OUT)]:
            if room < 0:
                room += key.width
                kept.remove(key)
        return kept

    def on_mount(self) -> None:
        """Follow the focus and what can be done."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def _follow(self, screen: Screen[object]) -> None:
        """Look again which keys go here; where they are the same, nothing is painted."""
        keys = _keys_of(screen, self._label_of)
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render(self) -> RenderResult:
        """Return the line."""
        key_style = self.get_component_rich_style("keys--key", partial=True)
        label_style = self.get_component_rich_style("keys--label", partial=True)
        text = Text(no_wrap=True)
        for key in self.shown:
            text.append(f" {key.written} ", key_style).append(f"{key.label} ", label_style)
        return text

    def key_at(self, column: int) -> Shown | None:
        """Return the key that is written there."""
        end = 0
        for key in self.shown:
            end += key.width
            if column < end:
                return key
        return None

    def on_click(self, event: Click) -> None:
        """Press the key that was clicked."""
        if (key := self.key_at(event.x)) is not None:
            self.app.simulate_key(key.key)

    def on_mouse_move(self, event: MouseMove) -> None:
        """Say more of the key below the pointer."""
        key = self.key_at(event.x)
        self.tooltip = None if key is None else key.help


def _keys_of(screen: Screen[object], label_of: Callable[[str], str]) -> list[Shown]:
    """Return the keys that could do something now, each action once."""
    groups: Sequence[Group[Any]] = getattr(screen, "GROUPS", ())
    places = {
        action.name: place
        for place, action in enumerate(action for group in groups for action in group.actions)
    }
    found: dict[str, Shown] = {}
    for one in screen.active_bindings.values():
        # Textual calls it by what it does.
        name = one.binding.action.removeprefix("do('").removesuffix("')")
        label = label_of(name) if one.binding.show else ""
        if label and name not in found:
            written = one.binding.key_display or one.binding.key
            found[name] = Shown(one.binding.key, name, written, label, one.tooltip)
    return sorted(found.values(), key=lambda key: places[key.name])
