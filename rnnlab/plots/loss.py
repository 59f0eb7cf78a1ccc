"""Loss on the training split and the validation split, in nats per character, word or document."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.base.display import nats_per
from rnnlab.plots._chart import Axis, Chart, Level, NamedHistory, along, non_empty, trace, waiting


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return a chart of training losses (lines) and validation losses (joined points)."""
    curves = []
    for run in runs:
        train, evals = run.history.train, run.history.evals
        losses = [record.train_loss for record in train]
        curves.append(trace(runs, run, "train", along(train, axis), losses))
        losses = [record.val_loss for record in evals]
        curves.append(
            trace(runs, run, "val", along(evals, axis), losses, style="points", is_second=True)
        )
    return Chart(
        title="loss",
        x_label=axis,
        y_label=nats_per(_unit(runs)),
        curves=non_empty(curves),
        levels=(*_floors(runs), *dict.fromkeys(level for r in runs for level in r.published)),
        empty=waiting(runs, "loss", "the first value appears after a few steps"),
        axis=axis,
        is_log=is_log,
    )


def _unit(runs: Sequence[NamedHistory]) -> str:
    units = {run.unit for run in runs}
    return units.pop() if len(units) == 1 else "token"


def _floors(runs: Sequence[NamedHistory]) -> tuple[Level, ...]:
    """Return a level for each distinct floor, with a run's name unless all runs share the floor."""
    runs_of: dict[float, list[str]] = {}
    for run in runs:
        if run.floor is not None:
            runs_of.setdefault(run.floor, []).append(run.name)
    is_shared = len(runs_of) == 1 and len(next(iter(runs_of.values()))) == len(runs)
    return tuple(
        Level("floor" if is_shared else f"floor {names[0]}", value)
        for value, names in runs_of.items()
    )
