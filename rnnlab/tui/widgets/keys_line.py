"""The line at the bottom: the keys that go here, as many as there is room for."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

_HELP = "do('help')"
"""Stays where others have no room: it names them all."""
_PADDING = 3


class KeysLine(Footer):
    """A footer that leaves out what would be cut, the last keys first."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._room = 0

    def compose(self) -> ComposeResult:
        """Give the keys that have room."""
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        room = self.app.size.width - sum(_width(key) for key in keys)
        for key in reversed(keys):
            if room < 0 and key.action != _HELP:
                room += _width(key)
                keys.remove(key)
        yield from keys

    def on_resize(self, event: events.Resize) -> None:
        """Choose anew."""
        if event.size.width != self._room:
            self._room = event.size.width
            self.call_after_refresh(self.recompose)


def _width(key: FooterKey) -> int:
    return cell_len(key.key_display) + cell_len(key.description) + _PADDING
