"""The number of threads of torch."""

from __future__ import annotations

import os


def half_the_cores() -> int:
    """Return half the number of cores that this process may use, at least one.

    Torch's threads spin while they wait for each other. If other runs or prompts leave fewer idle
    cores than this run has threads, it becomes many times slower (tests/benchmarks/sharing.py).
    """
    return max(1, len(os.sched_getaffinity(0)) // 2)
