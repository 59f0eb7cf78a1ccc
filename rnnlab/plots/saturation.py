"""Fraction of a gate's values that are saturated: below 0.05 or above 0.95 of its range."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.plots._axis_lookup import places
from rnnlab.plots._chart import Axis, Chart, Curve, NamedHistory, non_empty, waiting
from rnnlab.runs.history import History


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return a chart of the first run, a curve per gate; curves of more runs would look alike."""
    title = "saturated gates (sample)"
    return Chart(
        title=f"{title} · {runs[0].name}" if len(runs) > 1 else title,
        x_label=axis,
        y_label="fraction",
        curves=non_empty(_curves(runs[0].history, axis)) if runs else (),
        empty=waiting(runs, "gate probe", "the first probe appears after one step"),
        axis=axis,
        is_log=is_log,
        is_from_zero=True,
    )


def _curves(history: History, axis: Axis) -> list[Curve]:
    probes = history.probes
    xs = places(history, [record.step for record in probes], axis)
    gates = dict.fromkeys(name for record in probes for name in record.shut)
    return [
        Curve(
            name=gate,
            xs=tuple(xs),
            ys=tuple(record.shut.get(gate, 0.0) + record.open.get(gate, 0.0) for record in probes)
            if xs
            else (),
            color=color,
        )
        for color, gate in enumerate(gates)
    ]
