"""Learning rate, as set by the schedule."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.plots._chart import Axis, Chart, NamedHistory
from rnnlab.plots._rate import rate_chart


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return a chart of learning rates with a curve per run."""
    return rate_chart(
        runs, axis, title="learning rate", value=lambda r: r.lr, is_log=is_log, is_exact=True
    )
