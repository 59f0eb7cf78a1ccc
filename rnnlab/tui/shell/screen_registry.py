"""The registry of all screens: reads the declarations at the end of their files, imports none."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rnnlab.base import registry

_FOLDER = Path(__file__).parents[1] / "screens"
_START = "\nSCREEN = Declaration("


@dataclass(frozen=True, slots=True)
class ScreenEntry:
    """A screen as the registry knows it, without importing its file."""

    name: str
    title: str
    help: str
    go: str
    key: str = ""
    short: str = ""
    needs_run: bool = False

    @property
    def first_key(self) -> str:
        """The key that opens the screen; empty if only `g` and `go` do."""
        return self.key.partition(",")[0]

    @property
    def opening_keys(self) -> tuple[str, ...]:
        """The keys to press one after another: `first_key`, or without it `g` and `go`."""
        return (self.first_key,) if self.key else ("g", self.go)

    @property
    def short_title(self) -> str:
        """The title in the bar of a narrow terminal."""
        return self.short or self.title


@cache
def entries() -> tuple[ScreenEntry, ...]:
    """Return all screens: F2 before F10, then letters, then those without a key of their own."""
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


def _order(key: str) -> tuple[int, str]:
    is_function = key[:1] == "f" and key[1:].isdigit()
    return int(key[1:]) if is_function else 100 if key else 101, key
