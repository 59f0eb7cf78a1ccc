"""Kinds of pictures: exact sizes, all kinds of terminals, hostile text."""

from __future__ import annotations

import json
import math
import re

import pytest
from rich.cells import cell_len
from rich.text import Text

from rnnlab.plots import (
    Chart,
    Curve,
    Distribution,
    DrawStyle,
    Finding,
    HeatMap,
    Histograms,
    Picture,
    Plane,
    ShadedText,
    Table,
    comparable,
    draw_picture,
    finding_from_json,
)

PLAIN = DrawStyle(has_color=False)
ASCII = DrawStyle("ascii", has_color=False)
HEAT = HeatMap(
    "norms", ("first", "second"), ("1", "2", "3"), ((0.1, 1.0, None), (10.0, 100.0, 0.0)),
    x_label="epoch", is_log=True,
)  # fmt: skip
PICTURES: tuple[Picture, ...] = (
    HEAT,
    HeatMap("text", ("l0.f",), tuple("a [b]\x1b⏎ é"), ((0.1,) * 8,), low=0, high=1),
    HeatMap("wide", tuple(f"row {i}" for i in range(50)), tuple(map(str, range(500))),
            tuple(tuple(float(i + j) for j in range(500)) for i in range(50))),
    Histograms("gates", tuple(Distribution(f"l0.{g}", (0.5, 0.0, 0.25, 0.25)) for g in "ifo")),
    Plane("spectrum", ((0.5, 0.5), (0.5, -0.5), (-1.5, 0.0), (math.nan, 0.0))),
    ShadedText("unit", ("a", "[bold]", "\n", "\x1b[31m", "é"), (1.0, -1.0, 0.0, 0.5, -0.4)),
    Table("table", ("name", "value", "other"), (("a" * 60, "1", "2"), ("b", "3", "4"))),
    Chart("chart", "step", "", (Curve("c", (0.0, 1.0), (1.0, math.nan), 0),)),
    HeatMap("text", ("日本語の名前です",), tuple("日本語の文"), ((0.5,) * 5,), low=0, high=1),
    Histograms("gates", (Distribution("日本語の名前です", (0.5, 0.5), "日本語の名前です"),)),
)  # fmt: skip


@pytest.mark.parametrize("size", [(78, 16), (40, 6), (20, 3), (160, 45)])
@pytest.mark.parametrize("style", [DrawStyle(), PLAIN, ASCII], ids=["colour", "plain", "ascii"])
def test_every_picture_keeps_to_its_size(size: tuple[int, int], style: DrawStyle) -> None:
    width, height = size
    for picture in PICTURES:
        text = draw_picture(picture, width, height, style=style)
        lines = Text.from_ansi(text).plain.split("\n")
        assert len(lines) <= height, picture.title
        assert max(map(cell_len, lines)) <= width, picture.title
        escapes = re.sub(r"\x1b\[[0-9;]*m", "", text)
        assert "\x1b" not in escapes, picture.title
        if style.is_ascii:
            assert text.isascii(), picture.title
        if not style.has_color:
            assert "\x1b" not in text, picture.title


def test_a_finding_survives_json() -> None:
    finding = Finding("gates", "run", 7, ("seen",), PICTURES[:2] + PICTURES[3:4] + PICTURES[5:7])
    again = finding_from_json(json.loads(json.dumps(finding.to_json())))
    assert again == finding


def test_the_largest_value_has_the_brightest_shade_and_its_number() -> None:
    *_, first, second, _ = draw_picture(HEAT, 60, style=PLAIN).split("\n")
    assert first.startswith("first")
    assert "█100" in second
    assert "0.1" in first


def test_a_value_that_has_no_logarithm_is_told_from_one_that_is_missing() -> None:
    *_, first, second, _ = draw_picture(HEAT, 60, style=PLAIN).split("\n")
    assert "?" in second
    assert "?" not in first


def test_columns_that_do_not_fit_are_averaged_with_a_note() -> None:
    heat = HeatMap("m", ("r",), tuple(map(str, range(100))), (tuple(map(float, range(100))),))
    title, row, foot = draw_picture(heat, 60, style=PLAIN).split("\n")
    assert "neighbours averaged" in title
    assert cell_len(row) <= 60
    assert foot.split()[:2] == ["0", "6"]


def test_the_letters_stand_below_their_gates() -> None:
    heat = HeatMap("gates", ("l0.f",), tuple("abc"), ((0.0, 1.0, 0.0),), low=0, high=1)
    _, row, foot = draw_picture(heat, 12, style=PLAIN).split("\n")
    assert row.index("█") <= foot.index("b") <= row.rindex("█")


@pytest.mark.parametrize("num_columns", [7, 32, 100])
def test_what_the_columns_of_a_heat_map_are_is_always_said(num_columns: int) -> None:
    columns = tuple(map(str, range(num_columns)))
    heat = HeatMap("m", ("row",), columns, ((1.0,) * num_columns,), x_label="unit")
    for width in (66, 67, 68, 69, 70):
        foot = draw_picture(heat, width, style=PLAIN).split("\n")[-1]
        assert foot.endswith("  unit")
        assert foot.split()[0] == "0"
        assert cell_len(foot) <= width


def test_heat_maps_that_are_compared_have_one_scale() -> None:
    plane = Plane("p", ())
    findings = [
        Finding("v", "run", 1, (), (HeatMap("h", ("r",), ("1",), ((value,),), is_log=True), plane))
        for value in (0.01, 10.0, 0.1)
    ]
    for found in comparable(findings):
        heat, other = found.pictures
        scale = draw_picture(heat, 60, style=PLAIN).split("\n")[0]
        assert " 0.01 " in scale
        assert " 10 " in scale
        assert other == plane


def test_a_picture_without_counterpart_is_unchanged() -> None:
    empty = HeatMap("h", ("r",), ("1",), ((None,),), is_log=True)
    for pictures in ([(HEAT,), ()], [(HEAT,), (PICTURES[4],)], [(empty,), (empty,)]):
        findings = [Finding("v", "run", 1, (), own) for own in pictures]
        assert comparable(findings) == findings


def test_a_chart_on_a_page_names_every_curve_and_its_picture_stays_as_high() -> None:
    curves = [Curve(f"curve number {i}", (0.0, 1.0), (1.0, float(i)), i) for i in range(15)]
    few, many = (
        draw_picture(Chart("c", "step", "", tuple(curves[:num])), 80, style=PLAIN).split("\n")
        for num in (4, 15)
    )
    assert all(any(f" {curve.name} " in line for line in many) for curve in curves)
    assert "more" not in many[0]
    pictures = [sum("│" in line or "┤" in line for line in lines) for lines in (few, many)]
    assert pictures[0] == pictures[1] > 0


def test_a_line_end_has_a_sign_of_its_own_in_ascii() -> None:
    heat = HeatMap("gates", ("l0.f",), ("a", "⏎", "b"), ((0.0, 1.0, 0.0),), low=0, high=1)
    text = ShadedText("unit", ("a", "\n", "b"), (0.0, 0.0, 0.0))
    assert draw_picture(heat, 12, style=ASCII).split("\n")[-1].split() == ["a", "$", "b"]
    assert draw_picture(text, 40, style=ASCII).split("\n")[2::2] == ["a$", "b"]


def test_a_histogram_is_as_high_as_its_fullest_bin() -> None:
    drawn = draw_picture(Histograms("h", (Distribution("d", (0.1, 0.9, 0.0)),)), 40, 8, style=PLAIN)
    top = drawn.split("\n")[2]
    assert top.strip() == "█" * 8
    assert top.index("█") == 8


def test_eigenvalues_outside_the_unit_circle_are_counted() -> None:
    foot = draw_picture(PICTURES[4], 60, 16, style=PLAIN).split("\n")[-1]
    assert "1 of 3 outside the unit circle" in foot


def test_without_colours_marks_below_the_letters_say_how_high() -> None:
    text = ShadedText("unit", tuple("abcd"), (1.0, 0.4, -0.4, -1.0))
    letters, marks = draw_picture(text, 40, style=PLAIN).split("\n")[2:4]
    assert (letters, marks) == ("abcd", "#+-=")


def test_no_word_of_a_shaded_text_is_cut_in_two() -> None:
    words = ("The", " mayor", " owns", "!", "\n", " " + "x" * 14)
    drawn = draw_picture(ShadedText("t", words, (0.0,) * 6), 12, style=PLAIN).split("\n")
    assert drawn[2::2] == ["The mayor", " owns!⏎", " " + "x" * 11, "xxx"]


def test_columns_that_do_not_fit_are_counted() -> None:
    table = Table("t", ("name", "long header here", "another header"), (("a", "1", "2"),))
    assert "+1 columns" in draw_picture(table, 32, style=PLAIN)
