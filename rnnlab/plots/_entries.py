"""The charts of a plot for some runs: one per unit, with the mean of runs that differ by seed."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.base import registry
from rnnlab.plots._chart import Axis, Chart, NamedHistory
from rnnlab.plots._means import with_means


def charts_of(
    plot: str, runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False
) -> list[Chart]:
    """Return the charts of a plot: several if the runs' losses differ in unit, otherwise one.

    Raises UnknownNameError for an unknown plot.
    """
    module = registry.load("plots", plot)
    groups: dict[str, list[NamedHistory]] = {}
    if getattr(module, "IS_PER_UNIT", False):
        for run in runs:
            groups.setdefault(run.unit, []).append(run)
    return [
        with_means(module.chart(group, axis, is_log), group)
        for group in groups.values() or [list(runs)]
    ]
