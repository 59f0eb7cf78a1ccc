"""The declaration at the end of a screen's file, and the screen that it declares."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.screen_registry import ScreenEntry

if TYPE_CHECKING:
    from rnnlab.tui.state.lab_state import LabState


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


def make_screen(entry: ScreenEntry, state: LabState) -> BaseScreen:
    """Import the file of a screen and build the screen."""
    module = importlib.import_module(f"rnnlab.tui.screens.{entry.name.replace('-', '_')}")
    declaration: Declaration = module.SCREEN
    return declaration.screen(state)
