"""The size of a drawing, hostile text in it, and its text without curves."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import plotext
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from rnnlab.plots import Chart, Curve, DrawStyle, Level, draw

PLAIN = DrawStyle(has_color=False)
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
BRAILLE = re.compile("[\u2801-\u28ff]")


def curve(*ys: float, name: str = "train", **more: Any) -> Curve:
    return Curve(name, tuple(10.0 * i for i in range(1, len(ys) + 1)), ys, 0, **more)


def chart(*curves: Curve, **more: Any) -> Chart:
    return replace(Chart("loss", "step", "nats", curves), **more)


FALLING = chart(curve(*(1 + 3 * math.exp(-i / 30) for i in range(100))))

wild = st.floats() | st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 1e300, 5e-324])
curves = st.builds(
    lambda name, points, color, style, is_faint, run: Curve(
        f"{run} {name}",
        tuple(sorted(x for x, _ in points)),
        tuple(y for _, y in points),
        color,
        style,
        is_faint,
        run,
    ),
    st.text(max_size=30),
    st.lists(st.tuples(st.floats(0, 1e9), wild), max_size=30),
    st.integers(0, 20),
    st.sampled_from(["line", "points"]),
    st.booleans(),
    st.text(max_size=8),
)
charts = st.builds(
    Chart,
    st.text(max_size=90),
    st.text(max_size=9),
    st.text(max_size=9),
    st.lists(curves, max_size=4).map(tuple),
    st.lists(st.builds(Level, st.text(max_size=5), wild), max_size=2).map(tuple),
    st.text(max_size=60),
    st.sampled_from(["step", "epoch", "time"]),
    st.booleans(),
    st.booleans(),
)
styles = st.builds(
    DrawStyle,
    glyphs=st.sampled_from(["braille", "blocks", "ascii"]),
    has_color=st.booleans(),
    background=st.sampled_from([None, (10, 20, 30)]),
)


@settings(max_examples=100)
@given(charts, st.integers(1, 90), st.integers(1, 24), styles)
def test_any_chart_is_drawn_exactly_as_high_and_never_wider(
    chart: Chart, width: int, height: int, style: DrawStyle
) -> None:
    text = draw(chart, width, height, style=style)
    lines = ESCAPE.sub("", text).split("\n")
    assert len(lines) == height
    assert all(cell_len(line) <= width for line in lines)
    assert all(character.isprintable() for line in lines for character in line)
    if not style.has_color:
        assert "\x1b" not in text
    if style.is_ascii:
        assert text.isascii()


@pytest.mark.parametrize("size", [(38, 10), (78, 12), (120, 20), (200, 25)])
def test_the_size_does_not_depend_on_the_processs_terminal(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("LINES", "8")
    lines = draw(FALLING, *size, style=PLAIN).split("\n")
    assert len(lines) == size[1]
    assert max(map(len, lines)) > 0.9 * size[0]


def test_a_background_fills_every_column_of_every_line() -> None:
    style = DrawStyle(foreground=(200, 200, 200), background=(1, 2, 3))
    for text in (draw(FALLING, 60, 12, style=style), draw(chart(), 60, 12, style=style)):
        for line in text.split("\n"):
            decoded = Text.from_ansi(line)
            assert len(decoded.plain) == 60
            painted = sum(s.end - s.start for s in decoded.spans if "on #010203" in str(s.style))
            assert painted == 60


def test_two_drawings_of_one_chart_are_alike_whatever_was_drawn_between() -> None:
    first = draw(FALLING, 60, 12)
    draw(replace(FALLING, is_log=True), 90, 20)
    draw(chart(), 20, 5)
    assert draw(FALLING, 60, 12) == first


def test_a_chart_with_no_logarithm_at_all_says_so() -> None:
    text = draw(chart(curve(-1.0, 0.0), is_log=True), 70, 12, style=PLAIN)
    assert "no value is above zero" in text


def test_values_that_are_not_finite_are_counted_beside_the_title() -> None:
    text = draw(chart(curve(1.0, math.inf, math.nan, 2.0)), 78, 12, style=PLAIN)
    assert text.startswith("loss, nats · 2 not finite")
    assert BRAILLE.search(text.partition("\n")[2])


def test_a_chart_with_no_finite_value_says_so() -> None:
    assert "no value is finite" in draw(chart(curve(math.inf, math.nan)), 40, 9, style=PLAIN)


def test_an_empty_chart_says_what_it_waits_for_in_its_middle() -> None:
    lines = draw(chart(empty="no validation yet"), 41, 9, style=PLAIN).split("\n")
    assert lines[0] == "loss, nats"
    assert lines[4] == "            no validation yet"


def test_a_single_point_is_a_mark_that_can_be_seen() -> None:
    assert draw(chart(curve(3.0)), 60, 12, style=PLAIN).count("●") == 1


def test_wide_characters_are_measured_in_columns() -> None:
    text = draw(chart(curve(2.0, 1.0, name="模型" * 20), title="損失" * 30), 40, 10, style=PLAIN)
    assert all(cell_len(line) <= 40 for line in text.split("\n"))


@pytest.mark.parametrize("style", [DrawStyle(), PLAIN])
def test_a_name_is_never_an_escape_nor_markup(style: DrawStyle) -> None:
    evil = "[red]a[/red]\x1b]0;owned\x07\x1b[2J\x9b31m\r\nb\u202e"
    drawn = chart(
        curve(2.0, 1.0, name=f"{evil} train", run=evil),
        title=evil,
        levels=(Level(evil, 1.5),),
        y_label=evil,
        x_label=evil,
    )
    for chart_ in (drawn, replace(drawn, curves=(), empty=evil)):
        text = ESCAPE.sub("", draw(chart_, 150, 14, style=style))
        assert all(c.isprintable() or c == "\n" for c in text)
        assert "[red]a[/red]" in text


@pytest.mark.parametrize("size", [(20, 5), (10, 3), (5, 2), (1, 1), (200, 1), (1, 40)])
def test_a_tiny_chart_gives_its_room_to_the_curve(size: tuple[int, int]) -> None:
    lines = draw(FALLING, *size, style=PLAIN).split("\n")
    assert len(lines) == size[1]
    assert not any("┤" in line or "└" in line for line in lines)
    if size[1] > 1:
        assert BRAILLE.search("\n".join(lines[1:]))


def test_plotext_sees_each_cell_of_fifty_thousand_points_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells: list[tuple[int, int]] = []
    scatter = plotext.scatter

    def counting(xs: list[int], ys: list[int], **options: Any) -> None:
        cells.extend(zip(xs, ys, strict=True))
        scatter(xs, ys, **options)

    monkeypatch.setattr(plotext, "plot", None)
    monkeypatch.setattr(plotext, "scatter", counting)
    waves = (curve(*(math.sin(i / 999 + shift) for i in range(50_000))) for shift in (0, 1))
    draw(chart(*waves), 78, 12)
    assert len(cells) == len(set(cells)) > 100


def test_plotext_never_sees_a_value_that_is_not_a_place_in_the_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[float] = []

    def watched(method: Callable[..., None]) -> Callable[..., None]:
        def watching(xs: list[float], ys: list[float], **options: Any) -> None:
            seen.extend([*xs, *ys])
            method(xs, ys, **options)

        return watching

    monkeypatch.setattr(plotext, "scatter", watched(plotext.scatter))
    wild = curve(1e299, -1e299, math.inf, 5e-324, math.nan, 1.0)
    for drawn in (chart(wild), chart(curve(1.0, 2.0), levels=(Level("far", 1e9),))):
        draw(drawn, 78, 12)
    assert seen
    assert all(0 <= place < 78 for place in seen)
