"""Fraction of the validation documents that a classifier assigns to their class."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.plots._chart import Axis, Chart, NamedHistory, along, non_empty, number, trace, waiting
from rnnlab.plots._landmarks import landmarks

IS_FOR_CLASSIFIERS = True


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return a chart of the validation accuracies of classification runs."""
    curves = []
    for run in runs:
        evals = [record for record in run.history.evals if record.accuracy is not None]
        ys = [number(record.accuracy) for record in evals]
        curves.append(trace(runs, run, "val", along(evals, axis), ys, is_only=True, style="points"))
    return Chart(
        title="accuracy",
        x_label=axis,
        y_label="fraction",
        curves=non_empty(curves),
        empty=waiting(runs, "accuracy", "a classifier has one after its first validation"),
        axis=axis,
        is_log=is_log,
        landmarks=landmarks(runs, axis),
    )
