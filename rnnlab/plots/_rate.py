"""A chart of one value per train record, with zero on its y axis; shared by two plots."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnnlab.plots._chart import Axis, Chart, NamedHistory, along, non_empty, trace, waiting
from rnnlab.runs.records import TrainRecord


def rate_chart(
    runs: Sequence[NamedHistory],
    axis: Axis,
    *,
    title: str,
    value: Callable[[TrainRecord], float],
    unit: str = "",
    is_log: bool = False,
    is_exact: bool = False,
) -> Chart:
    """Return a chart with a curve per run: the `value` of every train record.

    unit: label of the y axis. is_exact: whether the values are set (not measured), so they must not
    be smoothed.
    """
    curves = []
    for run in runs:
        records = run.history.train
        ys = [value(record) for record in records]
        curves.append(trace(runs, run, "now", along(records, axis), ys, is_only=True))
    return Chart(
        title=title,
        x_label=axis,
        y_label=unit,
        curves=non_empty(curves),
        empty=waiting(runs, title, "the curve begins with the first record"),
        axis=axis,
        is_log=is_log,
        is_from_zero=True,
        is_exact=is_exact,
    )
