"""The declaration at the end of a screen's file, and the registry of all screens.

The registry reads the declarations without importing the files.
"""

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
    """The last statement of a screen's file; all arguments but `screen` must be literals."""

    screen: type[BaseScreen]
    key: str
    """Textual's name of the key that opens the screen: a function key, which also works in text
    fields, or a letter, which does not. Commas separate several keys; the bar shows the first."""
    title: str
    """Title of one or two words, for the bar at the top and the palette."""
    help: str
    """Help line, for the help and the palette."""
    needs_run: bool = False
    """Whether the screen can be opened only if a run is chosen."""


@dataclass(frozen=True, slots=True)
class ScreenEntry:
    """A screen as the registry knows it, without importing its file."""

    name: str
    key: str
    title: str
    help: str
    needs_run: bool = False

    @property
    def first_key(self) -> str:
        """The key that the bar shows."""
        return self.key.partition(",")[0]

    def make(self, state: LabState) -> BaseScreen:
        """Import the screen's file and build the screen."""
        stem = self.name.replace("-", "_")
        module = importlib.import_module(f"rnnlab.tui.screens.{stem}")
        declaration: Declaration = module.SCREEN
        return declaration.screen(state)


@cache
def entries() -> tuple[ScreenEntry, ...]:
    """Return all screens, in the order of their keys."""
    files = [f"{name.replace('-', '_')}.py" for name in registry.names("tui/screens")]
    screens = [read_entry(_FOLDER / file) for file in files]
    return tuple(sorted(screens, key=lambda entry: _order(entry.first_key)))


def entry(name: str) -> ScreenEntry:
    """Return the screen of that name; raise UnknownNameError for an unknown one."""
    registry.check("tui/screens", name)
    return next(entry for entry in entries() if entry.name == name)


def read_entry(file: Path) -> ScreenEntry:
    """Return the entry parsed from the end of a screen's file: importing it would be slow."""
    _, start, rest = file.read_text(encoding="utf-8").rpartition(_START)
    assert start, f"{file.name} does not end with SCREEN = Declaration(...)"
    call = ast.parse(f"Declaration({rest}", mode="eval").body
    assert isinstance(call, ast.Call)
    keywords = call.keywords
    values = {word.arg: ast.literal_eval(word.value) for word in keywords if word.arg}
    return ScreenEntry(file.stem.replace("_", "-"), **values)


def _order(key: str) -> tuple[bool, int, str]:
    """Return a sort key: letters first, whose labels are short, then F2 before F10."""
    is_function = key[:1] == "f" and key[1:].isdigit()
    return (is_function, int(key[1:]) if is_function else 0, key)
