"""Which entries of a folder are runs; the others may be many, and may be anything."""

from __future__ import annotations

import os
from pathlib import Path

from rnnlab.base.files import real_path
from rnnlab.runs.paths import RunPaths, is_run_name

_CONFIG = RunPaths(Path()).config.name


def is_run_folder(folder: Path) -> bool:
    """Return whether a folder holds a run, which has a file of settings.

    A pipe, a folder or a link in place of the file is enough: such a run is damaged, not unknown.
    """
    return os.path.lexists(RunPaths(folder).config)


def folders_below(root: Path) -> dict[Path, Path]:
    """Return the run folders below `root`, each with its real path.

    Paths are slow, so they are made only for runs: there may be 100,000 other entries. Calls
    `real_path` only for symbolic links, for the same reason.
    """
    try:
        real = real_path(root)
        with os.scandir(root) as entries:
            return {
                root / entry.name: (
                    real_path(root / entry.name) if entry.is_symlink() else real / entry.name
                )
                for entry in entries
                if is_run_name(entry.name) and _has_config(entry)
            }
    except OSError:
        return {}


def _has_config(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir() and os.path.lexists(f"{entry.path}/{_CONFIG}")
    except OSError:  # a loop of symbolic links
        return False
