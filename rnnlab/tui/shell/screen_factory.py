"""Build a screen by its name: the only place that imports the files of screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.base import registry
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.screen import BaseScreen

if TYPE_CHECKING:
    from rnnlab.tui.state.lab_state import LabState


def make_screen(name: str, state: LabState) -> BaseScreen:
    """Import the file of a screen and build the screen; raise UnknownNameError for no screen."""
    return screen_class(name)(state)


def screen_class(name: str) -> type[BaseScreen]:
    """Import the file of a screen and return its class; raise UnknownNameError for no screen."""
    declaration: Declaration = registry.load("tui/screens", name).SCREEN
    return declaration.screen
