"""Largest norm of the gradient between two records."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.plots._chart import Axis, Chart, NamedHistory
from rnnlab.plots._rate import rate_chart


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return a curve of largest norms per run."""
    return rate_chart(
        runs, axis, title="largest norm", value=lambda r: r.grad_norm_max, is_log=is_log
    )
