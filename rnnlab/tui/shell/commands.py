"""The source of the command palette, imported when the palette first opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.command import Provider


def actions_provider() -> type[Provider]:
    """Return the class that feeds the command palette."""
    from rnnlab.tui.shell.palette import ActionsProvider

    return ActionsProvider
