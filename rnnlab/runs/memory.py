"""How much memory a process holds and how much the system still has, where Linux tells."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import platform
import resource
from pathlib import Path

SHORT_BYTES = 256 << 20
"""A system with less than this free kills processes any moment."""

CGROUP = Path("/sys/fs/cgroup")
"""Where a container's limits stand."""

VMSTAT = Path("/proc/vmstat")
"""Where the kernel counts."""

MEMINFO = Path("/proc/meminfo")
"""Where the kernel tells what the machine has left."""


def held_bytes() -> int | None:
    """Return the memory that this process holds."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def peak_bytes() -> int:
    """Return the most that this process has held: since `forget_peak`, where Linux tells."""
    found = _named(Path("/proc/self/status"), "VmHWM:")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10 if found is None else found


def forget_peak() -> None:
    """Give back what is free and begin `peak_bytes` anew, where Linux lets us (proc(5))."""
    gc.collect()
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")


def free_bytes() -> int | None:
    """Return what is left for processes: of the machine, or of the container where that is less."""
    found = [left for left in (_of_machine(), _of_container()) if left is not None]
    return min(found, default=None)


def oom_kills() -> int | None:
    """Return how many processes the kernel has killed for want of memory since it started.

    Those of all containers of the machine count; None where the kernel does not tell.
    """
    return _number_named(VMSTAT, "oom_kill ")


def _of_machine() -> int | None:
    return _named(MEMINFO, "MemAvailable:")


def _named(file: Path, name: str) -> int | None:
    """Return the bytes that a line of a file of /proc tells in KiB."""
    found = _number_named(file, name)
    return None if found is None else found << 10


def _number_named(file: Path, name: str) -> int | None:
    """Return the number behind a name that begins a line."""
    try:
        for line in file.read_text("utf-8", "replace").splitlines():
            if line.startswith(name):
                return int(line.split()[1])
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
