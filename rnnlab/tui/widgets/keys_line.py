"""The line at the bottom: the keys that go here, as many as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from rnnlab.tui.actions import Group

_HELP = "do('help')"
"""Stays where others have no room: it names them all."""
_OUT = "do('out')"
"""Its label is what it would do now; left out after all others."""
_PADDING = 3


class KeysLine(Footer):
    """A footer that leaves out what would be cut, the last keys first."""

    def __init__(self, way_out: Callable[[], str]) -> None:
        """Make an empty line; way_out: says what escape does now, nothing where that is nothing."""
        super().__init__(show_command_palette=False)
        self._room = 0
        self._way_out = way_out
        self._shown: object = None

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Follow the focus; where the same keys go, nothing is made and laid out anew."""
        if self._shown is None or self._now(screen) != self._shown:
            super().bindings_changed(screen)

    def compose(self) -> ComposeResult:
        """Give the keys that have room, in the order of the screen's table."""
        self._shown = self._now(self.screen) if self._bindings_ready else None
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        keys.sort(key=lambda key: _place(self.screen, key.action))
        for key in keys:
            key.description = self._way_out() if key.action == _OUT else key.description
        keys = [key for key in keys if key.description]
        room = self.app.size.width - sum(_width(key) for key in keys)
        for key in sorted(keys, key=lambda k: (k.action != _OUT, keys.index(k)), reverse=True):
            if room < 0 and key.action != _HELP:
                room += _width(key)
                keys.remove(key)
        yield from keys

    def _now(self, screen: Screen[object]) -> object:
        """Return what tells one line from another."""
        return self._way_out(), _shown(screen)

    def on_resize(self, event: events.Resize) -> None:
        """Choose anew."""
        if event.size.width != self._room:
            self._room = event.size.width
            self.call_after_refresh(self.recompose)


def _shown(screen: Screen[object]) -> list[tuple[str, str, bool]]:
    """Return the keys that a footer shows, with what they do and whether they can."""
    return [
        (one.binding.key, one.binding.description, one.enabled)
        for one in screen.active_bindings.values()
        if one.binding.show
    ]


def _place(screen: Screen[object], action: str) -> int:
    """Return where an action stands in the tables of a screen."""
    groups: Sequence[Group[Any]] = getattr(screen, "GROUPS", ())
    actions = [f"do('{action.name}')" for group in groups for action in group.actions]
    return actions.index(action) if action in actions else len(actions)


def _width(key: FooterKey) -> int:
    return cell_len(key.key_display) + cell_len(key.description) + _PADDING
