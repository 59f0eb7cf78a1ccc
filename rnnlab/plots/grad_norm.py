"""Norm of the whole gradient before clipping: shows whether it explodes, vanishes or is clipped."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rnnlab.plots._chart import Axis, Chart, Level, NamedHistory, along, non_empty, trace, waiting
from rnnlab.plots._landmarks import landmarks


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return a chart of mean norms and clipping levels; for a single run, also of largest norms."""
    is_alone = len(runs) == 1
    curves = []
    for run in runs:
        train = run.history.train
        xs = along(train, axis)
        if is_alone:
            norms = [record.grad_norm_max for record in train]
            curves.append(trace(runs, run, "max", xs, norms, is_faint=True))
        norms = [record.grad_norm for record in train]
        curves.append(trace(runs, run, "mean", xs, norms, is_only=True))
    return Chart(
        title="gradient norm" + (_clipped_steps(runs[0]) if is_alone else ""),
        x_label=axis,
        y_label="",
        curves=non_empty(curves),
        levels=_levels(runs),
        empty=waiting(runs, "gradient norm", "the first value appears after a few steps"),
        axis=axis,
        is_log=is_log,
        can_diverge=True,
        landmarks=landmarks(runs, axis),
    )


def _clipped_steps(run: NamedHistory) -> str:
    """Return the percentage of clipped steps (mean over the records); empty without clipping."""
    if not (run.clip and run.history.train):
        return ""
    fraction = fmean(record.clipped for record in run.history.train)
    return f" · {fraction:.0%} of steps clipped"


def _levels(runs: Sequence[NamedHistory]) -> tuple[Level, ...]:
    """Return a level for each distinct clipping norm."""
    clips = sorted({run.clip for run in runs if run.clip})
    return tuple(Level("clip", clip) for clip in clips)
