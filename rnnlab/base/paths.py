"""Paths that begin with the text that a user is typing, for the shell and for the form."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

MOST_PATHS = 500
"""Maximum number of paths in a list: nobody reads more."""


def paths_beginning(part: str, endings: tuple[str, ...] = ()) -> list[str]:
    """Return the paths that begin with `part`, sorted; a folder's path ends in a slash.

    endings: keep only folders, and files with one of these endings; empty for all files. Hidden
    entries are left out unless the last part of the path begins with a dot. A folder that does not
    exist or cannot be read has no paths.
    """
    last = part.rpartition("/")[2]
    typed_folder = part[: len(part) - len(last)]
    try:
        with os.scandir(Path(typed_folder or ".").expanduser()) as entries:
            names = [_shown(entry) for entry in entries if entry.name.startswith(last)]
    except (OSError, ValueError, RuntimeError):  # RuntimeError: no home folder for "~"
        return []
    names = [name for name in names if last.startswith(".") or not name.startswith(".")]
    if endings:
        names = [name for name in names if name.endswith("/") or name.lower().endswith(endings)]
    return [typed_folder + name for name in sorted(names)[:MOST_PATHS]]


def completed(part: str, candidates: Iterable[str]) -> str:
    """Return the longest text that begins with `part` and with which all candidates begin.

    Candidates that do not begin with `part` do not count; without any other, return `part`.
    """
    names = [name for name in candidates if name.startswith(part)]
    common = os.path.commonprefix(names)  # noqa: RUF071 (by character, as a shell completes)
    return common or part


def _shown(entry: os.DirEntry[str]) -> str:
    return f"{entry.name}/" if entry.is_dir() else entry.name
