"""The declaration at the end of a screen's file."""

from __future__ import annotations

from dataclasses import dataclass

from rnnlab.tui.shell.screen import BaseScreen


@dataclass(frozen=True, slots=True)
class Declaration:
    """The last statement of a screen's file; all arguments but `screen` must be literals."""

    screen: type[BaseScreen]
    title: str
    """Title of one or two words, for the bar at the top and the palette."""
    help: str
    """Help line, for the help and the palette."""
    go: str
    """Letter that opens the screen after `g`, contained in the title: the bar underlines it."""
    key: str = ""
    """Textual's name of a key that opens the screen: a function key, which also works in text
    fields, or a letter, which does not. Commas separate several keys; the bar shows the first.
    Empty for a screen that only `g` and its letter open."""
    short: str = ""
    """Short title for the bar on a terminal of fewer than 150 columns; empty for `title`."""
    needs_run: bool = False
    """Whether the screen can be opened only if a run is chosen."""
