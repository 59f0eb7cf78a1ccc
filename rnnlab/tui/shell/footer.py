"""The footer: the keys that have an effect now, as many as fit.

The footer renders one line of text instead of composing a widget per key: the keys change whenever
the focus moves, and Textual would style and lay out all the widgets again.
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
"""Action that is never omitted, because the help lists all keys."""
_OUT = "out"
"""Action that is omitted only after all others."""


class Shown(NamedTuple):
    """One key in the footer."""

    key: str
    """Textual's name of the key."""
    name: str
    """Name of the action."""
    written: str
    """The key in its short form."""
    label: str
    """Label of the action in the current state."""
    help: str

    @property
    def width(self) -> int:
        """Width in columns: a blank on both sides of the key and one after the label."""
        return cell_len(self.written) + cell_len(self.label) + 3


class LabFooter(Widget):
    """Show the keys that have an effect now; a click on a key presses it."""

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
        """label_of: returns the label of an action by its name, empty to omit the action."""
        super().__init__()
        self._label_of = label_of
        self._keys: list[Shown] = []
        self._is_hidden = False

    @property
    def shown(self) -> list[Shown]:
        """The keys that fit, in the order of the screen's table."""
        visible = list(self._keys)
        room = self.size.width - sum(key.width for key in visible)
        others = [key for key in visible if key.name not in (_HELP, _OUT)]
        for key in [*reversed(others), *(key for key in visible if key.name == _OUT)]:
            if room < 0:
                room += key.width
                visible.remove(key)
        return visible

    def on_mount(self) -> None:
        """Subscribe to changes of the focus and of the possible actions."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)

    def hide(self, is_hidden: bool) -> None:
        """Paint the line like the screen behind it, or show the keys again.

        An invisible widget has no place on the screen: Textual would compute its layout again.
        """
        if is_hidden != self._is_hidden:
            self._is_hidden = is_hidden
            self.styles.background = "transparent" if is_hidden else None

    def _update(self, screen: Screen[object]) -> None:
        """Update the keys; paint only if they have changed."""
        keys = _keys_of(screen, self._label_of)
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render(self) -> RenderResult:
        """Return the line of keys and labels; an empty one while the footer is hidden."""
        if self._is_hidden:
            return ""
        key_style = self.get_component_rich_style("keys--key", partial=True)
        label_style = self.get_component_rich_style("keys--label", partial=True)
        text = Text(no_wrap=True)
        for key in self.shown:
            text.append(f" {key.written} ", key_style).append(f"{key.label} ", label_style)
        return text

    def key_at(self, column: int) -> Shown | None:
        """Return the key shown at a column; None beyond the last one."""
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
        """Show the help line of the key under the pointer as a tooltip."""
        key = self.key_at(event.x)
        self.tooltip = None if key is None else key.help


def _keys_of(screen: Screen[object], label_of: Callable[[str], str]) -> list[Shown]:
    """Return the keys that have an effect now, one per action, in the order of the table."""
    groups: Sequence[Group[Any]] = getattr(screen, "GROUPS", ())
    places = {
        action.name: place
        for place, action in enumerate(action for group in groups for action in group.actions)
    }
    keys: dict[str, Shown] = {}
    for active in screen.active_bindings.values():
        # A binding's action has the form do('name').
        name = active.binding.action.removeprefix("do('").removesuffix("')")
        label = label_of(name) if active.binding.show else ""
        if label and name not in keys:
            written = active.binding.key_display or active.binding.key
            keys[name] = Shown(active.binding.key, name, written, label, active.tooltip)
    return sorted(keys.values(), key=lambda key: places[key.name])
