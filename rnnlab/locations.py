"""Where runs and corpora live: the user's folders, and what is shipped with the project."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def checkpoints_folder(chosen: Path | None = None) -> Path:
    """Return the folder of runs: the chosen one, RNNLAB_CHECKPOINTS or ./checkpoints."""
    return chosen or Path(os.environ.get("RNNLAB_CHECKPOINTS") or "checkpoints")


def data_folder(chosen: Path | None = None) -> Path:
    """Return the folder of corpora: the chosen one, RNNLAB_DATA or ./data."""
    return chosen or Path(os.environ.get("RNNLAB_DATA") or "data")


def shipped_folder() -> Path:
    """Return the folder with the shipped `data` and `checkpoints`.

    In an installed wheel it lies inside the package, in a checkout it is the project's top level.
    """
    inside = _PACKAGE / "_shipped"
    return inside if inside.is_dir() else _PACKAGE.parent


def shipped_runs() -> list[Path]:
    """Return the folders of the shipped runs."""
    return [shipped_folder() / "checkpoints" / "starter"]
