"""Measure the memory that a process uses and the memory that is available, as Linux reports it."""

from __future__ import annotations

import contextlib
import gc
import os
import platform
import resource
from pathlib import Path

SHORT_BYTES = 256 << 20
"""Available memory, in bytes, below which the system may kill processes at any moment."""

CGROUP = Path("/sys/fs/cgroup")
"""Folder with the memory limits of a container (cgroup v2)."""

VMSTAT = Path("/proc/vmstat")
"""File with the kernel's counters."""

MEMINFO = Path("/proc/meminfo")
"""File with the memory of the machine."""


def held_bytes() -> int | None:
    """Return the resident memory of this process; None if Linux does not report it."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def peak_bytes() -> int:
    """Return the peak resident memory of this process since `forget_peak`, or since its start."""
    peak = _named(Path("/proc/self/status"), "VmHWM:")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10 if peak is None else peak


def forget_peak() -> None:
    """Give free memory back to the system and reset `peak_bytes`, if Linux permits it (proc(5))."""
    gc.collect()
    if platform.libc_ver()[0] == "glibc":
        import ctypes  # a MiB that the lab, which has no use for it, need not hold

        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")


def free_bytes() -> int | None:
    """Return the available memory of the machine or of the container, whichever is smaller."""
    available = [size for size in (_of_machine(), _of_container()) if size is not None]
    return min(available, default=None)


def total_bytes() -> int | None:
    """Return the memory of the machine with its swap, or the container's limit if that is smaller.

    None if Linux reports neither.
    """
    sizes = [_named(MEMINFO, "MemTotal:"), _named(MEMINFO, "SwapTotal:")]
    machine = None if sizes[0] is None else sizes[0] + (sizes[1] or 0)
    try:
        most = (CGROUP / "memory.max").read_text("ascii").strip()
    except (OSError, ValueError):
        return machine
    limits = [int(most)] if most.isdecimal() else []
    return min([*limits, *([] if machine is None else [machine])], default=None)


def oom_kills() -> int | None:
    """Return the number of out-of-memory kills since the kernel started, in all containers.

    None if the kernel does not report it.
    """
    return _number_named(VMSTAT, "oom_kill ")


def _of_machine() -> int | None:
    return _named(MEMINFO, "MemAvailable:")


def _named(file: Path, name: str) -> int | None:
    """Return a value from a file of /proc, converted from KiB to bytes."""
    size_kib = _number_named(file, name)
    return None if size_kib is None else size_kib << 10


def _number_named(file: Path, name: str) -> int | None:
    """Return the number in the line that begins with `name`; None if there is no such line."""
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
        return int(most) - int((folder / "memory.current").read_text()) + _reclaimable(folder)
    except (OSError, ValueError):
        return None


def _reclaimable(folder: Path) -> int:
    """Return the bytes of inactive file cache, which count as used but can be reclaimed."""
    for line in (folder / "memory.stat").read_text("ascii").splitlines():
        name, _, size = line.partition(" ")
        if name == "inactive_file":
            return int(size)
    return 0
