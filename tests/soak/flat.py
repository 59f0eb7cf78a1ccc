"""Whether the memory, the descriptors and the threads of a process stay the same."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil

_WARM_UP = 0.3
"""Fraction of the measurements before the process counts as warm."""
MOST_BYTES = 24 << 20
"""Growth of the resident memory, from the first warm measurements to the last ones, that is noise:
an allocator keeps pages, and a process that works may be measured during its work."""
MOST_HANDLES = 2
"""Growth of the number of descriptors or threads that is noise."""


@dataclass
class Measured:
    """Measurements of a process, at equal distances."""

    pid: int = field(default_factory=os.getpid)
    rss: list[int] = field(default_factory=list)
    """Resident memory in bytes."""
    descriptors: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def measure(self) -> None:
        """Add one measurement."""
        process = psutil.Process(self.pid)
        self.rss.append(process.memory_info().rss)
        self.descriptors.append(process.num_fds())
        self.threads.append(process.num_threads())

    def problems(self) -> list[str]:
        """Return what has grown."""
        limits = {"rss": MOST_BYTES, "descriptors": MOST_HANDLES, "threads": MOST_HANDLES}
        grown = {name: growth(getattr(self, name)) for name in limits}
        return [
            f"{name} grew by {grown[name]:,.0f}" for name, most in limits.items()
            if grown[name] > most
        ]  # fmt: skip

    @property
    def note(self) -> str:
        """The growth of the memory, and the last measurements."""
        size, more = self.rss[-1] / (1 << 20), growth(self.rss) / (1 << 20)
        return (
            f"RSS {size:.0f} MiB, {more:+.1f} MiB since warm; "
            f"{self.descriptors[-1]} descriptors, {self.threads[-1]} threads"
        )


def growth(values: Sequence[float]) -> float:
    """Return the growth over the warm measurements: that of a line through them (Theil-Sen)."""
    warm = values[int(_WARM_UP * len(values)) :]
    half = len(warm) // 2
    if not half:
        return 0.0
    slopes = [(warm[i + half] - warm[i]) / half for i in range(len(warm) - half)]
    return statistics.median(slopes) * (len(warm) - 1)
