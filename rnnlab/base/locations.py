"""The folders of runs and corpora: the user's, and those shipped with rnnlab."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from rnnlab.base.errors import RnnlabError

_PACKAGE = Path(__file__).resolve().parents[1]


def checkpoints_folder(chosen: Path | None = None) -> Path:
    """Return the folder of runs: `chosen`, else RNNLAB_CHECKPOINTS, else ./checkpoints."""
    return chosen or Path(os.environ.get("RNNLAB_CHECKPOINTS") or "checkpoints")


def data_folder(chosen: Path | None = None) -> Path:
    """Return the folder of corpora: `chosen`, else RNNLAB_DATA, else ./data."""
    return chosen or Path(os.environ.get("RNNLAB_DATA") or "data")


def pictures_folder() -> Path:
    """Return the folder of pictures of the screen: RNNLAB_PICTURES, else ./pictures."""
    return Path(os.environ.get("RNNLAB_PICTURES") or "pictures")


def cache_folder() -> Path:
    """Return the folder of generated files: $XDG_CACHE_HOME/rnnlab or ~/.cache/rnnlab.

    Without a home folder, or if that folder cannot be created, return a temporary folder.
    """
    xdg_cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    with contextlib.suppress(RuntimeError):  # raised if there is no home folder
        # The XDG specification requires that relative paths are ignored.
        base = xdg_cache if xdg_cache.is_absolute() else Path("~/.cache").expanduser()
        folder = base.resolve() / "rnnlab"
        if folder.is_dir() or _can_be_created(folder):
            return folder
    return Path(tempfile.gettempdir()).resolve() / f"rnnlab-{os.getuid()}"


def own_cache_folder() -> Path:
    """Return `cache_folder` for files to be written; it is created if it is temporary.

    Raise RnnlabError if another user has made a folder or a link of that name among the temporary
    files: the files in it would be theirs.
    """
    folder = cache_folder()
    if folder.parent != Path(tempfile.gettempdir()).resolve():
        return folder
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_own = not folder.is_symlink() and folder.stat().st_uid == os.getuid()
    except OSError as error:
        raise RnnlabError(f"cannot write to {folder}: {error.strerror or error}") from None
    if not is_own:
        raise RnnlabError(
            f"{folder} belongs to another user", "set XDG_CACHE_HOME to a folder of your own"
        )
    return folder


def _can_be_created(folder: Path) -> bool:
    """Return True if this process may create the folder, and files in it."""
    nearest = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def shipped_folder() -> Path:
    """Return the folder with the shipped `data` and `checkpoints`.

    In an installed wheel, it is inside the package; in a checkout, it is the project's top folder.
    """
    inside = _PACKAGE / "_shipped"
    return inside if inside.is_dir() else _PACKAGE.parent


def shipped_runs() -> list[Path]:
    """Return the folders of the shipped runs."""
    return [shipped_folder() / "checkpoints" / "starter"]
