"""The chart of a figure that follows from the loss: shared by loss, perplexity and bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnnlab.plots._chart import (
    Axis,
    Chart,
    Level,
    NamedHistory,
    along,
    non_empty,
    number,
    trace,
    waiting,
)
from rnnlab.plots._landmarks import landmarks


def losses_chart(
    runs: Sequence[NamedHistory],
    axis: Axis,
    *,
    title: str,
    unit: Callable[[str], str],
    value: Callable[[float], float] = float,
    is_log: bool = False,
) -> Chart:
    """Return training losses as lines and validation losses as joined points.

    unit: label of the y axis for a unit of the losses (`letter`, `word`, `document`). value: the
    figure for a loss in nats; nan and inf are possible arguments.
    """
    curves = []
    for run in runs:
        train, evals = run.history.train, run.history.evals
        losses = [value(number(record.train_loss)) for record in train]
        curves.append(trace(runs, run, "train", along(train, axis), losses))
        losses = [value(number(record.val_loss)) for record in evals]
        curves.append(
            trace(runs, run, "val", along(evals, axis), losses, style="points", is_second=True)
        )
    published = dict.fromkeys(level for run in runs for level in run.published)
    return Chart(
        title=title,
        x_label=axis,
        y_label=unit(_unit(runs)),
        curves=non_empty(curves),
        levels=tuple(
            Level(level.name, value(level.value)) for level in (*_floors(runs), *published)
        ),
        empty=waiting(runs, title, "the first value appears after a few steps"),
        axis=axis,
        is_log=is_log,
        can_diverge=True,
        landmarks=landmarks(runs, axis),
    )


def _unit(runs: Sequence[NamedHistory]) -> str:
    units = {run.unit for run in runs}
    return units.pop() if len(units) == 1 else "token"


def _floors(runs: Sequence[NamedHistory]) -> tuple[Level, ...]:
    """Return a level for each distinct floor, with a run's name unless all runs share it."""
    runs_of: dict[float, list[str]] = {}
    for run in runs:
        if run.floor is not None:
            runs_of.setdefault(run.floor, []).append(run.name)
    is_shared = len(runs_of) == 1 and len(next(iter(runs_of.values()))) == len(runs)
    return tuple(
        Level("floor" if is_shared else f"floor {names[0]}", value)
        for value, names in runs_of.items()
    )
