"""The number of threads of torch."""

from __future__ import annotations

import os


def half_the_cores() -> int:
    """Return half the number of cores that this process may use, at least one.

    Torch's threads spin while they wait for each other. If another run or a prompt leaves fewer
    idle cores than threads, a run slows down many times over (tests/benchmarks/sharing.py).
    """
    return max(1, len(os.sched_getaffinity(0)) // 2)
