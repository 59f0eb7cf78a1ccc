"""How much memory a process holds and how much the system still has, where Linux tells."""

from __future__ import annotations

import os
from pathlib import Path

SHORT_BYTES = 256 << 20
"""A system with less than this free kills processes any moment."""

CGROUP = Path("/sys/fs/cgroup")
"""Where a container's limits stand."""


def held_bytes() -> int | None:
    """Return the memory that this process holds."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_bytes() -> int | None:
    """Return what is left for processes: of the machine, or of the container where that is less."""
    found = [left for left in (_of_machine(), _of_container()) if left is not None]
    return min(found, default=None)


def _of_machine() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError, IndexError):
        return None
    return None


def _of_container() -> int | None:
    folder = CGROUP
    try:
        most = (folder / "memory.max").read_text("ascii").strip()
        if most == "max":
            return None
        return int(most) - int((folder / "memory.current").read_text()) + _given_back(folder)
    except (OSError, ValueError):
        return None


def _given_back(folder: Path) -> int:
    """Return what a container counts as used but gives back when asked: files read long ago."""
    for line in (folder / "memory.stat").read_text("ascii").splitlines():
        name, _, size = line.partition(" ")
        if name == "inactive_file":
            return int(size)
    return 0
