"""Let the C library keep the memory of a training step for the next one."""

from __future__ import annotations

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Names of the parameters of mallopt(3)."""
_KEPT_BYTES = 2**30


def keep_memory() -> bool:
    """Ask glibc to serve large arrays from its heap and to keep what was freed; tell if it will.

    By default every array above some megabytes is a new mapping of zeroed pages, given back when it
    is freed: a step of a large LSTM then spends a third of its time on page faults
    (tests/benchmarks/memory.py). Other C libraries are left alone.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)) and bool(
        mallopt(_M_TRIM_THRESHOLD, 2 * _KEPT_BYTES - 1)
    )
