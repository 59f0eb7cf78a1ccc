"""Half-life of the gradient on its way back in time: shows how far back the model can learn."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.plots._axis_lookup import places
from rnnlab.plots._chart import Axis, Chart, Curve, NamedHistory, non_empty, number, waiting


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return a chart with a curve per layer of a single run, or per first layer of several runs."""
    return Chart(
        title="half-life of the gradient through time (sample)" + _layer(runs),
        x_label=axis,
        y_label="steps",
        curves=non_empty(curve for run in runs for curve in _curves(runs, run, axis)),
        empty=waiting(runs, "gradient probe", "the first probe appears after one step"),
        axis=axis,
        is_log=is_log,
    )


def _layer(runs: Sequence[NamedHistory]) -> str:
    return ", l0" if len(runs) > 1 else ""


def _curves(runs: Sequence[NamedHistory], run: NamedHistory, axis: Axis) -> list[Curve]:
    probes = run.history.probes
    xs = places(run.history, [record.step for record in probes], axis)
    layers = list(dict.fromkeys(name for record in probes for name in record.half_life))
    is_alone = len(runs) == 1
    return [
        Curve(
            name=layer if is_alone else run.name,
            xs=tuple(xs),
            ys=tuple(number(record.half_life.get(layer)) for record in probes) if xs else (),
            color=run.color + number_of_layer if is_alone else run.color,
            run="" if is_alone else run.name,
        )
        for number_of_layer, layer in enumerate(layers if is_alone else layers[:1])
    ]
