"""Norm of the whole gradient before clipping: whether it explodes, vanishes or is clipped."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rnnlab.plots._chart import Axis, Chart, Level, NamedHistory, along, kept, trace, waiting


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return mean norms, the level at which they are clipped, and a single run's largest norms."""
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
        title="gradient norm" + (_share_clipped(runs[0]) if is_alone else ""),
        x_label=axis,
        y_label="",
        curves=kept(curves),
        levels=_levels(runs),
        empty=waiting(runs, "gradient", "the first norm comes after a few steps"),
        axis=axis,
        is_log=is_log,
    )


def _share_clipped(run: NamedHistory) -> str:
    """Return how many of all steps were clipped; every record counts as many steps."""
    if not (run.clip and run.history.train):
        return ""
    share = fmean(record.clipped for record in run.history.train)
    return f" · {share:.0%} of steps clipped"


def _levels(runs: Sequence[NamedHistory]) -> tuple[Level, ...]:
    """Return one line for each level at which a run clips."""
    clips = sorted({run.clip for run in runs if run.clip})
    return tuple(Level("clip", clip) for clip in clips)
