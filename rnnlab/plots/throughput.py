"""Throughput: training tokens per second."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.plots._chart import Axis, Chart, NamedHistory
from rnnlab.plots._rate import rate_chart


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return a chart of throughputs with a curve per run."""
    return rate_chart(
        runs, axis, title="throughput", value=lambda r: r.tokens_per_s, unit="tokens/s",
        is_log=is_log,
    )  # fmt: skip
