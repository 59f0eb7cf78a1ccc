"""Configure glibc's allocator so that the next training step reuses the memory of the last one."""

from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Numbers of two parameters of mallopt(3)."""
_KEPT_BYTES = 2**30


def keep_memory() -> bool:
    """Make glibc allocate large arrays on its heap and keep freed memory; return True on success.

    By default, glibc maps new zeroed pages for every array of more than some MB, and unmaps them
    when the array is freed: a training step of a large LSTM then spends a third of its time on page
    faults (tests/benchmarks/memory.py). With another C library, does nothing and returns False.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)) and bool(
        mallopt(_M_TRIM_THRESHOLD, 2 * _KEPT_BYTES - 1)
    )
