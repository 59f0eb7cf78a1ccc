"""How a file declares its screen, and how the shell knows all screens before importing any."""

from __future__ import annotations

import ast
import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.base import registry

if TYPE_CHECKING:
    from rnnlab.tui.shell.screen import BaseScreen
    from rnnlab.tui.state import LabState

_FOLDER = Path(__file__).parents[1] / "screens"
_START = "\nSCREEN = Declaration("


@dataclass(frozen=True, slots=True)
class Declaration:
    """The last statement of a screen's file; all but `screen` must be literals."""

    screen: type[BaseScreen]
    key: str
    """Textual's name of the key that opens it from anywhere: a function key, which also works in
    text fields, or a letter, which does not. Several are set apart by commas; the bar has the first
    one."""
    title: str
    """A word or two, for the bar at the top and the palette."""
    help: str
    """One line, for the help and the palette."""
    needs_run: bool = False
    """Whether it can only be opened while a run is chosen."""


@dataclass(frozen=True, slots=True)
class ScreenEntry:
    """What the shell knows of a screen without having imported it."""

    name: str
    key: str
    title: str
    help: str
    needs_run: bool = False

    @property
    def first_key(self) -> str:
        """The key that the bar names."""
        return self.key.partition(",")[0]

    def make(self, state: LabState) -> BaseScreen:
        """Import the screen's file and build the screen."""
        stem = self.name.replace("-", "_")
        module = importlib.import_module(f"rnnlab.tui.screens.{stem}")
        declaration: Declaration = module.SCREEN
        return declaration.screen(state)


@cache
def entries() -> tuple[ScreenEntry, ...]:
    """Return every screen there is, in the order of their keys."""
    files = [f"{name.replace('-', '_')}.py" for name in registry.names("tui/screens")]
    declared = [read_entry(_FOLDER / file) for file in files]
    return tuple(sorted(declared, key=lambda entry: _order(entry.first_key)))


def entry(name: str) -> ScreenEntry:
    """Return the screen of that name; raises UnknownNameError."""
    registry.check("tui/screens", name)
    return next(entry for entry in entries() if entry.name == name)


def read_entry(file: Path) -> ScreenEntry:
    """Read a declaration from the end of a file: importing all would delay the first frame."""
    _, start, rest = file.read_text(encoding="utf-8").rpartition(_START)
    assert start, f"{file.name} does not end with SCREEN = Declaration(...)"
    call = ast.parse(f"Declaration({rest}", mode="eval").body
    assert isinstance(call, ast.Call)
    values = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}
    return ScreenEntry(file.stem.replace("_", "-"), **values)


def _order(key: str) -> tuple[bool, int, str]:
    """Return a sorting key: letters, which have room in every bar, then F2 before F10."""
    is_function = key[:1] == "f" and key[1:].isdigit()
    return (is_function, int(key[1:]) if is_function else 0, key)
