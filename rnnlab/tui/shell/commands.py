"""The command palette and its source, imported when the palette first opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App
    from textual.command import Provider


def actions_provider() -> type[Provider]:
    """Return the class that feeds the command palette."""
    from rnnlab.tui.shell.palette import ActionsProvider

    return ActionsProvider


def open_palette(app: App[None]) -> None:
    """Open the command palette, unless it is open."""
    from rnnlab.tui.shell.palette import Palette

    if not isinstance(app.screen, Palette):
        app.push_screen(Palette(id="--command-palette"))
