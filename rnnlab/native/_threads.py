"""The number of threads of the kernels in this process."""

from __future__ import annotations

import os

_chosen: list[int] = []


def num_threads() -> int:
    """Return the maximum number of threads of a call; by default all cores of this process.

    Helper threads are optional: a call that finds them busy, or not yet awake, does their work
    itself. The number of threads never changes a result.
    """
    return _chosen[-1] if _chosen else len(os.sched_getaffinity(0))


def set_num_threads(number: int | None) -> None:
    """Set the maximum number of threads of a call; None restores the default."""
    _chosen[:] = [] if number is None else [number]
