"""Where runs and corpora live: the user's folders, and what is shipped with the project."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def checkpoints_folder(chosen: Path | None = None) -> Path:
    """Return the folder of runs: the chosen one, RNNLAB_CHECKPOINTS or ./checkpoints."""
    return chosen or Path(os.environ.get("RNNLAB_CHECKPOINTS") or "checkpoints")


def data_folder(chosen: Path | None = None) -> Path:
    """Return the folder of corpora: the chosen one, RNNLAB_DATA or ./data."""
    return chosen or Path(os.environ.get("RNNLAB_DATA") or "data")


def cache_folder() -> Path:
    """Return where what can be made again is kept: $XDG_CACHE_HOME/rnnlab or ~/.cache/rnnlab.

    Without a home folder, or if the cache is neither there nor can be made: a temporary folder.
    """
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    with contextlib.suppress(RuntimeError):  # no home
        # XDG: a relative path is to be ignored.
        base = given if given.is_absolute() else Path("~/.cache").expanduser()
        folder = base.resolve() / "rnnlab"
        if folder.is_dir() or _can_be_made(folder):
            return folder
    return Path(tempfile.gettempdir()).resolve() / f"rnnlab-{os.getuid()}"


def _can_be_made(folder: Path) -> bool:
    """Return whether a folder and files in it can be made."""
    nearest = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def shipped_folder() -> Path:
    """Return the folder with the shipped `data` and `checkpoints`.

    In an installed wheel it lies inside the package, in a checkout it is the project's top level.
    """
    inside = _PACKAGE / "_shipped"
    return inside if inside.is_dir() else _PACKAGE.parent


def shipped_runs() -> list[Path]:
    """Return the folders of the shipped runs."""
    return [shipped_folder() / "checkpoints" / "starter"]
