"""What every plot owes, so that a new file in the folder is tested the day it appears."""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, get_args

import pytest

from rnnlab import registry
from rnnlab.plots import Axis, Chart, DrawStyle, NamedHistory, draw
from rnnlab.runs.history import History
from rnnlab.runs.records import EvalRecord, LayersRecord, TrainRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.unit.plots.conftest import MakeRun

pytestmark = pytest.mark.parametrize("plot", registry.names("plots"))
AXES: tuple[Axis, ...] = get_args(Axis)
PLAIN = DrawStyle(has_color=False)


def chart_of(
    plot: str, runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False
) -> Chart:
    chart = registry.load("plots", plot).chart(runs, axis, is_log)
    assert isinstance(chart, Chart)
    return chart


def test_it_says_in_one_line_what_it_shows(plot: str) -> None:
    assert registry.summary("plots", plot).endswith(".")


def test_step_and_a_linear_height_are_the_defaults(plot: str, make_run: MakeRun) -> None:
    runs = [make_run()]
    assert registry.load("plots", plot).chart(runs) == chart_of(plot, runs, "step", False)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("is_log", [False, True])
def test_one_run_has_curves_on_every_axis(
    plot: str, axis: Axis, is_log: bool, make_run: MakeRun
) -> None:
    chart = chart_of(plot, [make_run()], axis, is_log)
    assert chart.curves
    assert chart.is_log is is_log
    for curve in chart.curves:
        assert len(curve.xs) == len(curve.ys)
        assert list(curve.xs) == sorted(curve.xs)
        assert curve.xs[-1] == {"step": 600.0, "epoch": 6.0, "time": 1800.0}[axis]
    text = draw(chart, 78, 12, style=PLAIN)
    assert chart.title in text
    assert all(curve.name in text for curve in chart.curves)
    assert {"step": "step", "epoch": "epoch", "time": "min"}[axis] in text.split("\n")[-1]


def test_with_several_runs_a_name_of_one_is_in_every_curve_or_in_the_title(
    plot: str, make_run: MakeRun
) -> None:
    runs = [make_run("lstm-256"), make_run("gru-64", color=1)]
    chart = chart_of(plot, runs)
    is_first_only = "lstm-256" in chart.title
    for curve in chart.curves:
        assert is_first_only or curve.name.startswith(("lstm-256", "gru-64"))
    assert is_first_only or {curve.run for curve in chart.curves} == {"lstm-256", "gru-64"}


def test_a_curve_of_several_has_its_runs_colour(plot: str, make_run: MakeRun) -> None:
    runs = [make_run("lstm", color=5), make_run("gru", color=2)]
    colors = {run.name: run.color for run in runs}
    for curve in chart_of(plot, runs).curves:
        assert not curve.run or curve.color == colors[curve.run]


@pytest.mark.parametrize("axis", AXES)
def test_nothing_to_draw_is_said_in_a_sentence(plot: str, axis: Axis) -> None:
    for runs in ([], [NamedHistory("new", 0, History())]):
        chart = chart_of(plot, runs, axis)
        assert not chart.curves
        assert chart.empty in draw(chart, 78, 9, style=PLAIN)


def test_a_run_with_null_in_every_record_can_be_drawn(plot: str) -> None:
    history = History()
    broken = TrainRecord(1, math.nan, math.inf, None, None, None, 0.0, 1, math.nan, math.inf)
    history.extend([broken, EvalRecord(1, 0.0, 0.0, None, False), LayersRecord(1, {"w": None})])
    for axis in AXES:
        chart = chart_of(plot, [NamedHistory("broken", 0, history)], axis)
        assert draw(chart, 60, 10, style=PLAIN)


def test_layers_without_a_train_record_are_drawn_by_step_only(plot: str) -> None:
    history = History()
    history.extend([LayersRecord(1, {"w": 0.5})])
    for axis in AXES:
        assert draw(chart_of(plot, [NamedHistory("run", 0, history)], axis), 60, 10, style=PLAIN)


def test_importing_it_imports_no_plotext(plot: str) -> None:
    module = importlib.import_module(f"rnnlab.plots.{plot.replace('-', '_')}")
    assert "plotext" not in vars(module)
