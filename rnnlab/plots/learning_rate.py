"""Learning rate, as the schedule set it."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.plots._chart import Axis, Chart, NamedHistory, along, kept, trace, waiting


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return learning rates from zero up."""
    curves = []
    for run in runs:
        train = run.history.train
        ys = [record.lr for record in train]
        curves.append(trace(runs, run, "now", along(train, axis), ys, is_only=True))
    return Chart(
        title="learning rate",
        x_label=axis,
        y_label="",
        curves=kept(curves),
        empty=waiting(runs, "learning rate", "it comes with the first record"),
        axis=axis,
        is_log=is_log,
        is_from_zero=True,
        is_exact=True,
    )
