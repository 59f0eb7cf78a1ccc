"""What every plot owes, so that a new file in the folder is tested the day it appears."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from itertools import product
from typing import get_args

import pytest

from rnnlab.base import registry
from rnnlab.plots import Axis, Chart, DrawStyle, NamedHistory, draw
from rnnlab.runs.history import History
from rnnlab.runs.records import EvalRecord, LayersRecord, TrainRecord
from tests.toys.plot_runs import make_run

NAMES = registry.names("plots")
AXES: tuple[Axis, ...] = get_args(Axis)
LAST: dict[Axis, tuple[float, str]] = {
    "step": (600.0, "step"),
    "epoch": (6.0, "epoch"),
    "time": (1800.0, "min"),
}
"""The last place of `make_run()` on each axis, and the unit below the axis."""
PLAIN = DrawStyle(has_color=False)
each_plot = pytest.mark.parametrize("plot", NAMES)


def chart_of(
    plot: str, runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False
) -> Chart:
    chart = registry.load("plots", plot).chart(runs, axis, is_log)
    assert isinstance(chart, Chart)
    return chart


def test_every_plot_has_a_summary_and_imports_no_plotext() -> None:
    for plot in NAMES:
        assert registry.summary("plots", plot).endswith("."), plot
        module = importlib.import_module(f"rnnlab.plots.{plot.replace('-', '_')}")
        assert "plotext" not in vars(module), plot


@each_plot
def test_one_run_has_curves_on_every_axis(plot: str) -> None:
    run = make_run()
    assert registry.load("plots", plot).chart([run]) == chart_of(plot, [run], "step", False)
    for axis, is_log in product(AXES, (False, True)):
        where = f"{axis}, is_log={is_log}"
        last, unit = LAST[axis]
        chart = chart_of(plot, [run], axis, is_log)
        assert chart.curves, where
        assert chart.is_log is is_log, where
        for curve in chart.curves:
            assert len(curve.xs) == len(curve.ys), where
            assert list(curve.xs) == sorted(curve.xs), where
            assert curve.xs[-1] == last, where
        text = draw(chart, 78, 12, style=PLAIN)
        assert chart.title in text, where
        assert all(curve.name in text for curve in chart.curves), where
        assert unit in text.split("\n")[-1], where


@each_plot
def test_curves_of_several_runs_are_told_apart_by_name_and_colour(plot: str) -> None:
    runs = [make_run("lstm-256", color=5), make_run("gru-64", color=2)]
    colors = {run.name: run.color for run in runs}
    chart = chart_of(plot, runs)
    is_first_only = "lstm-256" in chart.title
    for curve in chart.curves:
        assert is_first_only or curve.name.startswith(("lstm-256", "gru-64"))
        assert not curve.run or curve.color == colors[curve.run]
    assert is_first_only or {curve.run for curve in chart.curves} == set(colors)


@each_plot
def test_a_chart_without_curves_is_a_sentence(plot: str) -> None:
    for runs, axis in product(([], [NamedHistory("new", 0, History())]), AXES):
        chart = chart_of(plot, runs, axis)
        assert not chart.curves, axis
        assert chart.empty in draw(chart, 78, 9, style=PLAIN), axis


@each_plot
def test_records_without_finite_values_can_be_drawn(plot: str) -> None:
    lost = TrainRecord(1, math.nan, math.inf, None, None, None, 0.0, 1, math.nan, math.inf)
    null = History()
    null.extend([lost, EvalRecord(1, 0.0, 0.0, None, False), LayersRecord(1, {"w": None})])
    layers_only = History()
    layers_only.extend([LayersRecord(1, {"w": 0.5})])
    for history, axis in product((null, layers_only), AXES):
        text = draw(chart_of(plot, [NamedHistory("run", 0, history)], axis), 60, 10, style=PLAIN)
        assert len(text.split("\n")) == 10, (axis, history)
