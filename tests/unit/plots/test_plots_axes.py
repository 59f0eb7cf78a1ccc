"""The axes: labels and their positions."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import plotext
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.plots import Axis, Chart, Curve, DrawStyle, Landmark, Level, draw

PLAIN = DrawStyle(has_color=False)
BRAILLE = re.compile("[\u2801-\u28ff]")


def curve(*ys: float, name: str = "train", **more: Any) -> Curve:
    return Curve(name, tuple(10.0 * i for i in range(1, len(ys) + 1)), ys, 0, **more)


def chart(*curves: Curve, **more: Any) -> Chart:
    return replace(Chart("loss", "step", "nats", curves), **more)


FALLING = chart(curve(*(1 + 3 * math.exp(-i / 30) for i in range(100))))


def test_a_loss_below_one_is_drawn_on_a_log_scale() -> None:
    below_one = chart(curve(0.9, 0.5, 0.01, 0.002), is_log=True)
    first = draw(below_one, 60, 12, style=PLAIN)
    assert draw(below_one, 60, 12, style=PLAIN) == first
    assert "0.01┤" in first


def test_plotexts_own_logarithm_is_never_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plotext, "yscale", None)
    monkeypatch.setattr(plotext, "xscale", None)
    assert draw(chart(curve(0.9, 0.5), is_log=True), 60, 12)


def test_values_without_a_logarithm_are_dropped() -> None:
    text = draw(chart(curve(-1.0, 0.0, 10.0, 100.0), is_log=True), 60, 12, style=PLAIN)
    assert "100┤" in text
    assert "not finite" not in text


def test_a_constant_series_is_a_line_in_the_middle_with_its_value_beside_it() -> None:
    lines = draw(chart(curve(5.0, 5.0, 5.0)), 60, 12, style=PLAIN).split("\n")
    (row,) = [line for line in lines[1:-2] if BRAILLE.search(line)]
    assert row.startswith("5.00┤")


def test_values_that_are_all_but_equal_have_short_labels() -> None:
    text = draw(chart(curve(0.1 + 0.2, 0.3)), 60, 12, style=PLAIN)
    assert not re.search(r"\d{8}", text)


def test_a_level_in_reach_is_a_line_and_one_beyond_is_an_arrow() -> None:
    levels = (Level("clip", 3.5), Level("far", 50.0), Level("low", -20.0))
    text = draw(replace(FALLING, levels=levels), 100, 12, style=PLAIN)
    head, _, body = text.partition("\n")
    assert "╌╌ clip 3.5   ╌╌ far 50↑   ╌╌ low -20↓" in head
    assert sum("╌╌╌" in line for line in body.split("\n")) == 1


def test_a_level_without_a_logarithm_is_left_out() -> None:
    text = draw(replace(FALLING, levels=(Level("clip", 0.0),), is_log=True), 78, 12, style=PLAIN)
    assert "clip" not in text


@pytest.mark.parametrize(
    ("axis", "last", "unit", "label"),
    [
        ("step", 600.0, "step", "200"),
        ("step", 2.0, "step", "1"),
        ("epoch", 2.0, "epoch", "0.5"),
        ("time", 90.0, "s", "20"),
        ("time", 1800.0, "min", "10"),
        ("time", 36_000.0, "h", "5"),
    ],
)
def test_the_axis_says_what_it_counts(axis: Axis, last: float, unit: str, label: str) -> None:
    line = Curve("train", (0.0, last), (2.0, 1.0), 0)
    labels = draw(chart(line, axis=axis, x_label=axis), 60, 12, style=PLAIN).split("\n")[-1].split()
    assert labels[0] == "0"
    assert labels[-1] == unit
    assert label in labels
    assert "0.5" not in labels or axis == "epoch"


@settings(max_examples=60)
@given(st.integers(24, 120), st.floats(0.1, 1e7), st.sampled_from(["step", "epoch", "time"]))
def test_labels_stand_under_their_ticks(width: int, last: float, axis: Axis) -> None:
    line = Curve("train", (0.0, last), (2.0, 1.0), 0)
    *_, floor, labels = draw(chart(line, axis=axis), width, 12, style=PLAIN).split("\n")
    ticks = [i for i, character in enumerate(floor) if character == "┬"]
    spans = [m.span() for m in re.finditer(r"\S+", labels) if labels[m.start()].isdigit()]
    assert len(ticks) == len(spans)
    assert all(start <= tick <= end for tick, (start, end) in zip(ticks, spans, strict=True))


def test_a_tick_of_the_side_stands_where_its_value_is_drawn() -> None:
    ramp = chart(curve(*(float(i) for i in range(101))))
    lines = draw(ramp, 108, 25, style=PLAIN).split("\n")[1:-2]
    for value in (25, 75):
        (row,) = [i for i, line in enumerate(lines) if line.startswith(f"{value:3d}┤")]
        assert lines[row][4 + round((value + 1) / 101 * 97)] != " "


def test_where_there_is_room_for_two_labels_or_a_unit_the_labels_stay() -> None:
    line = Curve("train", (0.0, 100_000.0), (2.0, 1.0), 0)
    labels = draw(chart(line, x_label="tokens of text read"), 26, 12, style=PLAIN).split("\n")[-1]
    assert labels.split() == ["0", "50k", "100k"]


@pytest.mark.parametrize("value", [5e-324, 1e308])
def test_a_logarithmic_axis_ends_where_numbers_do(value: float) -> None:
    wide = chart(curve(1e-290, 1e290), levels=(Level("clip", value),), is_log=True)
    assert "clip" in draw(wide, 60, 12, style=PLAIN)


def test_values_next_to_zero_are_zero() -> None:
    tiny = Chart("loss", "step", "", (Curve("train", (0.0, 5e-324), (5e-324, 0.0), 0),))
    assert "0┤" in draw(tiny, 60, 12, style=PLAIN)


def test_events_have_signs_on_the_axis_in_their_columns() -> None:
    marks = (
        Landmark(25.0, "spike", 0), Landmark(50.0, "resumed", 0), Landmark(75.0, "set", 0),
        Landmark(500.0, "best", 0),
    )  # fmt: skip
    line = Curve("train", (0.0, 100.0), (2.0, 1.0), 0)
    head, *_, floor, labels = draw(chart(line, landmarks=marks), 90, 12, style=PLAIN).split("\n")
    left, right = floor.index("└") + 1, len(floor)
    assert floor.index("!") == pytest.approx(left + 0.25 * (right - left), abs=1)
    assert floor.index("↻") == pytest.approx(left + 0.5 * (right - left), abs=1)
    assert floor.index("∆") == pytest.approx(left + 0.75 * (right - left), abs=1)
    assert "★" not in floor  # beyond the end of the axis
    assert head.endswith("   ! spike · ↻ resumed · ∆ set")
    assert labels.split() == ["0", "20", "40", "60", "80", "step"]


def test_of_two_events_in_a_column_the_more_important_one_is_shown() -> None:
    marks = (Landmark(50.0, "checkpoint", 0), Landmark(50.0, "diverged", 0))
    line = Curve("train", (0.0, 100.0), (2.0, 1.0), 0)
    for style, sign in ((PLAIN, "‼"), (DrawStyle("ascii", has_color=False), "X")):
        floor = draw(chart(line, landmarks=marks), 60, 12, style=style).split("\n")[-2]
        assert sign in floor
        assert not set("◆c") & set(floor)


def test_the_names_of_events_are_ascii_where_all_text_is() -> None:
    line = Curve("train", (0.0, 100.0), (2.0, 1.0), 0)
    marked = chart(line, landmarks=(Landmark(50.0, "best", 0),), state="all")
    text = draw(marked, 90, 12, style=DrawStyle("ascii", has_color=False))
    assert text.isascii()
    assert text.partition("\n")[0].endswith("  * best")
    assert text.endswith("step - all")


def test_the_names_of_the_signs_give_way_to_the_labels_of_the_axis() -> None:
    marks = tuple(
        Landmark(10.0 * i, name, 0) for i, name in enumerate(("spike", "best", "resumed"))
    )
    line = Curve("train", (0.0, 100.0), (2.0, 1.0), 0)
    head, *_, labels = draw(chart(line, landmarks=marks), 36, 12, style=PLAIN).split("\n")
    assert labels.split() == ["0", "50", "step"]
    assert head.endswith("  ! spike"), "those that fit, the most important ones first"
