"""The declaration at the end of a screen's file."""

from __future__ import annotations

from dataclasses import dataclass

from rnnlab.tui.shell.screen import BaseScreen


@dataclass(frozen=True, slots=True)
class Declaration:
    """The last statement of a screen's file; all arguments but `screen` must be literals."""

    screen: type[BaseScreen]
    key: str
    """Textual's name of the key that opens it: a function key, which also works in text fields, or
    a letter, which does not. Several are separated by commas; the bar shows the first one."""
    title: str
    """One or two words, for the bar at the top and the palette."""
    help: str
    """One line, for the help and the palette."""
    needs_run: bool = False
    """Whether it can only be opened if a run is chosen."""
