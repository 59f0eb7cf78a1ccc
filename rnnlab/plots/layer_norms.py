"""Norm of each parameter's gradient: shows which layers learn and which gradients vanish."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.plots._axis_lookup import places
from rnnlab.plots._chart import Axis, Chart, Curve, NamedHistory, non_empty, number, waiting
from rnnlab.runs.history import History


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return a chart of the first run, a curve per parameter; curves of more runs look alike."""
    title = "gradient norm by parameter"
    return Chart(
        title=f"{title} · {runs[0].name}" if len(runs) > 1 else title,
        x_label=axis,
        y_label="",
        curves=_curves(runs[0].history, axis) if runs else (),
        empty=waiting(runs, "norms by parameter", "the first norms appear after some steps"),
        axis=axis,
        is_log=is_log,
    )


def _curves(history: History, axis: Axis) -> tuple[Curve, ...]:
    xs = places(history, [record.step for record in history.layers], axis)
    records = history.layers if xs else []
    parameters = dict.fromkeys(name for record in records for name in record.grad_norms)
    return non_empty(
        Curve(
            name=parameter,
            xs=tuple(x for x, r in zip(xs, records, strict=True) if parameter in r.grad_norms),
            ys=tuple(number(r.grad_norms[parameter]) for r in records if parameter in r.grad_norms),
            color=color,
        )
        for color, parameter in enumerate(parameters)
    )
