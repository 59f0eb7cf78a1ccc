"""The heights of a chart: what matters fills it, and the rest is named at its edges."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.plots import Chart, Curve, DrawStyle, Level, NamedHistory, draw, loss
from rnnlab.plots._y_range import Span, view_of
from rnnlab.runs.history import read_history

PLAIN = DrawStyle(has_color=False)
BRAILLE = re.compile("[\u2801-\u28ff]")
CHECKPOINTS = Path(__file__).parents[3] / "checkpoints"


def curve(ys: Sequence[float], name: str = "train", **more: Any) -> Curve:
    return Curve(name, tuple(10.0 * i for i in range(1, len(ys) + 1)), tuple(ys), 0, **more)


def chart(*curves: Curve, **more: Any) -> Chart:
    return replace(Chart("loss", "step", "nats/char", curves), **more)


def losses_of_a_long_run() -> list[float]:
    """Return losses of 20,000 steps, one for every ten: a fast fall, a slow one, and noise."""
    chance = random.Random(7)
    return [
        1.4 + 2.8 * math.exp(-i / 60) + 0.5 * math.exp(-i / 600) + chance.gauss(0, 0.03)
        for i in range(2000)
    ]


@pytest.mark.parametrize("height", [9, 12, 16, 40])
def test_the_last_four_fifths_of_a_recorded_loss_use_half_of_the_rows(height: int) -> None:
    history = read_history(CHECKPOINTS / "starter" / "metrics.jsonl")
    run = NamedHistory("starter", 0, history)
    train = history.train
    assert train[-1].step > 20_000
    shown = loss.chart([run])
    late = [r.train_loss for r in train if r.step > 0.2 * train[-1].step]
    values = [value for value in late if value is not None]
    assert rows_used(view_of(shown, 80).y, values, height) >= height / 2


def rows_used(y: Span, values: Sequence[float], height: int) -> int:
    """Return how many rows of a picture lie between the lowest and the highest of the values."""
    rows = [y.cell(min(max(value, y.low), y.high), height, 4) for value in values]
    return max(rows) - min(rows) + 1


def test_validation_and_floor_leave_half_of_the_rows_to_the_training_loss() -> None:
    losses = losses_of_a_long_run()
    val = Curve("val", tuple(1000.0 * i for i in range(1, 21)), tuple(losses[99::100]), 1)
    y = view_of(chart(curve(losses), val, levels=(Level("floor", 1.31),)), 80).y
    assert y.low <= 1.31
    assert rows_used(y, losses[len(losses) // 5 :], 16) >= 8


def test_a_spike_keeps_the_norms_apart_and_is_an_arrow_with_its_value() -> None:
    chance = random.Random(3)
    norms = [abs(chance.gauss(1, 0.2)) for _ in range(500)]
    norms[400] = 80.0
    text = draw(chart(curve(norms)), 90, 12, style=PLAIN)
    rows = [line for line in text.split("\n")[1:-2] if BRAILLE.search(line)]
    assert len(rows) >= 7
    assert "↑80" in rows[0]
    assert "80┤" not in text


def test_a_point_below_is_an_arrow_downwards() -> None:
    values = [1.0 + 0.01 * (i % 7) for i in range(100)]
    values[60] = -40.0
    lines = draw(chart(curve(values)), 90, 12, style=PLAIN).split("\n")
    assert "↓-40" in lines[-3]


def test_in_ascii_an_arrow_is_a_character_of_ascii() -> None:
    values = [1.0 + 0.01 * (i % 7) for i in range(100)]
    values[60] = 40.0
    text = draw(chart(curve(values)), 90, 12, style=DrawStyle("ascii", has_color=False))
    assert "^40" in text


def test_a_wide_curve_is_shown_as_a_whole() -> None:
    for ys in ([float(i) for i in range(100)], [math.sin(i / 9) for i in range(400)], [3.0, 1.0]):
        y = view_of(chart(curve(ys)), 80).y
        assert y == Span(min(ys), max(ys))


def test_values_that_were_set_are_shown_as_a_whole() -> None:
    rates = [1e-3] * 30 + [1e-5] * 400
    shown = chart(curve(rates), is_exact=True)
    assert view_of(shown, 80).y == Span(1e-5, 1e-3)


def test_a_young_run_next_to_an_old_one_is_in_the_picture() -> None:
    old, young = losses_of_a_long_run(), [4.6, 3.9, 3.4, 3.1, 2.9, 2.8]
    shown = chart(curve(old, "old train", run="old"), curve(young, "young train", run="young"))
    y = view_of(shown, 80).y
    assert y.low <= 1.4
    assert y.high >= young[2]


def test_the_raw_curve_behind_a_smoothed_one_does_not_widen_the_range() -> None:
    smooth = [2.0 - 0.5 * i / 500 for i in range(500)]
    raw = [value + (0.9 if i % 40 == 0 else 0.0) for i, value in enumerate(smooth)]
    ghost = curve(raw, is_faint=True, is_ghost=True)
    assert view_of(chart(ghost, curve(smooth)), 80).y.high < 2.2


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200),
    st.integers(-8, 8),
    st.booleans(),
)
def test_any_heights_are_a_range_inside_that_of_all_points(
    ys: list[float], y_zoom: int, is_log: bool
) -> None:
    view = view_of(chart(curve(ys), y_zoom=y_zoom, is_log=is_log), 40)
    assert view.y.low < view.y.high
    for series in view.series:
        for part in series.parts:
            assert all(view.y.low <= y <= view.y.high for y in part.ys)


def test_each_step_of_the_zoom_narrows_the_range_around_the_newest_value() -> None:
    losses = losses_of_a_long_run()
    spans = [view_of(chart(curve(losses), y_zoom=steps), 80).y for steps in range(6)]
    heights = [span.high - span.low for span in spans]
    assert heights == sorted(heights, reverse=True)
    assert heights[5] < heights[0] / 7
    assert all(span.low <= losses[-1] <= span.high for span in spans)


def test_zooming_out_ends_when_every_point_is_inside() -> None:
    losses = losses_of_a_long_run()
    assert view_of(chart(curve(losses), y_zoom=-9), 80).y == Span(min(losses), max(losses))


def test_zooming_in_leaves_a_level_outside() -> None:
    shown = chart(curve(losses_of_a_long_run()), levels=(Level("floor", 1.31),), y_zoom=4)
    assert "floor 1.31↓" in draw(shown, 90, 12, style=PLAIN)


@pytest.mark.parametrize("height", [11, 12, 16, 30])
@pytest.mark.parametrize("is_log", [False, True])
def test_the_y_axis_has_at_least_four_round_labels(height: int, is_log: bool) -> None:
    for ys in (losses_of_a_long_run(), [0.31, 0.72, 0.55], [11.0, 47.0], [0.02, 3.0, 900.0]):
        lines = draw(chart(curve(ys), is_log=is_log), 80, height, style=PLAIN).split("\n")
        labels = [line.partition("┤")[0].strip() for line in lines if "┤" in line]
        assert len(labels) >= 4
        assert max(len(label) for label in labels) <= 5
        assert len(set(labels)) == len(labels)


def test_every_curve_has_its_last_value_at_its_end() -> None:
    losses = losses_of_a_long_run()
    val = replace(curve([loss + 0.2 for loss in losses], "val"), style="points", color=1)
    lines = draw(chart(curve(losses), val), 90, 14, style=PLAIN).split("\n")[1:-2]
    ends = {
        match[1]: row
        for row, line in enumerate(lines)
        if (match := re.search(r" {1,2}(●?\d\.\d{3})$", line))
    }
    assert set(ends) == {f"{losses[-1]:.3f}", f"●{losses[-1] + 0.2:.3f}"}
    assert ends[f"●{losses[-1] + 0.2:.3f}"] < ends[f"{losses[-1]:.3f}"]


def test_last_values_close_to_each_other_do_not_share_a_row() -> None:
    runs = [curve([2.0, 1.0 + i / 1000], f"run-{i}", run=f"run-{i}") for i in range(6)]
    lines = draw(chart(*runs), 90, 14, style=PLAIN).split("\n")
    assert sum(bool(re.search(r"[a-f]1\.00\d$", line)) for line in lines) == 6


@pytest.mark.parametrize(("last", "top"), [(0.74, 0), (0.63, 1)])
def test_last_values_on_one_row_are_in_their_order_and_near_it(last: float, top: int) -> None:
    train = curve([1.0, 0.0, last], "train")
    val = curve([1.0, 0.0, last + 0.01], "val", style="points")
    lines = draw(chart(train, val), 80, 8, style=PLAIN).split("\n")[1:-2]
    rows = [line.split()[-1] for line in lines if re.search(r"0\.\d{3}$", line)]
    assert rows == [f"●{last + 0.01:.3f}", f"{last:.3f}"]
    assert [bool(re.search(r"0\.\d{3}$", line)) for line in lines].index(True) == top


def test_a_narrow_chart_has_no_column_of_last_values() -> None:
    text = draw(chart(curve(losses_of_a_long_run())), 44, 12, style=PLAIN)
    assert not re.search(r"\d\.\d{3}$", text.partition("\n")[2], re.MULTILINE)


def test_the_log_scale_is_named_and_offered_if_values_span_decades() -> None:
    wide = chart(curve([10.0 ** (-i / 20) for i in range(100)]), log_key="y")
    assert "· press y for a log scale" in draw(wide, 90, 12, style=PLAIN)
    assert "· log scale" in draw(replace(wide, is_log=True), 90, 12, style=PLAIN)
    spike = [*losses_of_a_long_run()[:-40], 1e4, *losses_of_a_long_run()[-39:]]
    hidden = draw(chart(curve(spike), log_key="y"), 90, 12, style=PLAIN)
    assert "10000" not in hidden.partition("\n")[2], "it is above the axis"
    assert "· press y for a log scale" in hidden
    assert "log scale" not in draw(chart(curve([2.0, 1.0]), log_key="y"), 90, 12, style=PLAIN)
    assert "log scale" not in draw(replace(wide, log_key=""), 90, 12, style=PLAIN)
