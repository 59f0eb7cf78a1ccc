"""Fraction of steps whose gradient was clipped."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.plots._chart import Axis, Chart, NamedHistory
from rnnlab.plots._rate import rate_chart


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return a curve of fractions per run."""
    return rate_chart(runs, axis, title="clipped steps", value=lambda r: r.clipped, is_log=is_log)
