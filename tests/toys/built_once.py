"""A folder that is filled once per test session, by the first of its processes that needs it.

pytest-xdist runs several processes: each calls `build_once`, one of them builds while it holds a
file lock, the others wait and then only read. The kernel frees the lock when its holder dies, and
a folder without the mark of completion is built again, so a builder that crashes blocks nobody.
"""

from __future__ import annotations

import fcntl
import shutil
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

Listing = dict[str, tuple[int, int]]
"""Size and time of the last change of each file, by its path in the folder."""


def build_once(folder: Path, build: Callable[[Path], None]) -> None:
    """Fill `folder` with `build`, unless another process of this session has done so.

    build: called with the folder, new and empty. When it fails, every other process fails at once
    with its message and does not build again.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    complete, failed, lock_file = (
        folder.with_name(f"{folder.name}.{mark}") for mark in ("complete", "failed", "lock")
    )
    with lock_file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if failed.exists():
            pytest.fail(f"{folder.name} could not be built:\n{failed.read_text(encoding='utf-8')}")
        if complete.exists():
            return
        shutil.rmtree(folder, ignore_errors=True)  # left by a builder that was killed
        folder.mkdir()
        try:
            build(folder)
        except BaseException:  # pytest.fail and a timeout are not derived from Exception
            failed.write_text(traceback.format_exc(), encoding="utf-8")
            raise
        complete.touch()


def list_files(folder: Path) -> Listing:
    """Return what tells whether a file of a folder was added, removed or changed."""
    return {
        str(file.relative_to(folder)): (file.stat().st_size, file.stat().st_mtime_ns)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def assert_unchanged(folder: Path, before: Listing) -> None:
    """Fail when a test has written to a folder that tests may only read."""
    after = list_files(folder)
    changed = sorted(path for path, _ in set(before.items()) ^ set(after.items()))
    assert not changed, f"a test has written to the shared {folder}: {sorted(set(changed))}"
