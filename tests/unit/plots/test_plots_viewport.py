from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.plots import (
    Chart,
    Curve,
    DrawStyle,
    Extent,
    Level,
    Viewport,
    XWindow,
    draw,
    extent,
    looked_at,
    loss,
    moved_cursor,
    pointed_cursor,
)
from rnnlab.plots._viewport import cut, value_at
from tests.toys.plot_runs import make_run

PLAIN = DrawStyle(has_color=False)
WHOLE = Extent(0.0, 100.0)


def line(*ys: float, name: str = "train") -> Curve:
    return Curve(name, tuple(float(x) for x in range(len(ys))), ys, 0)


def chart(*curves: Curve, **fields: object) -> Chart:
    return replace(Chart("loss", "step", "nats", curves), **fields)  # type: ignore[arg-type]


def test_a_smoothed_curve_has_its_raw_one_as_a_ghost_that_is_not_listed() -> None:
    seen = looked_at(chart(line(4.0, 1.0, 4.0, 1.0)), Viewport(smoothing=0.9))
    ghost, smooth = seen.curves
    assert ghost.ys == (4.0, 1.0, 4.0, 1.0)
    assert (ghost.is_ghost, ghost.is_faint) == (True, True)
    assert len(smooth.ys) == 4
    assert smooth.ys[0] == pytest.approx(4.0)
    assert 1.0 < min(smooth.ys[1:]) <= max(smooth.ys[1:]) < 4.0
    text = draw(seen, 78, 12, style=PLAIN)
    assert text.count("train") == 1
    assert "smoothed 0.9" in text


def test_exact_values_are_not_smoothed() -> None:
    seen = looked_at(chart(line(4.0, 1.0, 4.0), is_exact=True), Viewport(smoothing=0.9))
    assert seen.curves[0].ys == (4.0, 1.0, 4.0)
    assert "smoothed" not in draw(seen, 78, 12, style=PLAIN)


def test_zooming_in_at_the_end_follows_the_data_and_zooming_out_shows_all_again() -> None:
    window = XWindow().zoomed(WHOLE, 0.5)
    assert window.mode == "live"
    assert window.shown(Extent(0.0, 120.0)) == (70.0, 120.0)
    assert window.zoomed(WHOLE, 2.0).mode == "all"


def test_zooming_about_a_place_keeps_it_where_it_is_on_the_screen() -> None:
    window = XWindow().zoomed(WHOLE, 0.5, around=40.0)
    assert window.mode == "frozen"
    assert window.shown(Extent(0.0, 900.0)) == (20.0, 70.0)


def test_panning_back_freezes_and_panning_to_the_end_follows_again() -> None:
    live = XWindow("live", width=20.0)
    back = live.panned(WHOLE, -0.5)
    assert back.shown(Extent(0.0, 500.0)) == (70.0, 90.0)
    assert back.panned(WHOLE, 0.5).mode == "live"


def test_freezing_keeps_what_is_shown_while_data_come() -> None:
    frozen = XWindow("live", width=20.0).frozen(WHOLE)
    assert frozen.shown(Extent(0.0, 500.0)) == (80.0, 100.0)
    assert frozen.following(Extent(0.0, 500.0)).shown(Extent(0.0, 500.0)) == (480.0, 500.0)


@given(
    st.lists(
        st.tuples(st.sampled_from(["zoom", "about", "pan", "freeze", "follow"]),
                  st.floats(-3, 3), st.floats(0, 100)),
        max_size=30,
    )
)  # fmt: skip
def test_whatever_is_done_a_window_stays_inside_of_the_data(
    steps: list[tuple[str, float, float]],
) -> None:
    window = XWindow()
    for what, amount, place in steps:
        match what:
            case "zoom":
                window = window.zoomed(WHOLE, 2.0**amount)
            case "about":
                window = window.zoomed(WHOLE, 2.0**amount, place)
            case "pan":
                window = window.panned(WHOLE, amount)
            case "freeze":
                window = window.frozen(WHOLE)
            case _:
                window = window.following(WHOLE)
        low, high = window.shown(WHOLE)
        assert -1e-6 <= low < high <= 100 + 1e-6


def test_a_cut_line_is_interpolated_at_the_edges_and_points_are_not() -> None:
    curve = line(0.0, 10.0, 20.0, 30.0)
    part = cut(curve, Extent(0.5, 2.5))
    assert part.xs == (0.5, 1.0, 2.0, 2.5)
    assert part.ys == (5.0, 10.0, 20.0, 25.0)
    points = cut(replace(curve, style="points"), Extent(0.5, 2.5))
    assert points.xs == (1.0, 2.0)


def test_a_window_between_two_points_still_shows_the_line() -> None:
    assert cut(line(0.0, 10.0), Extent(0.2, 0.4)).ys == pytest.approx((2.0, 4.0))


def test_the_window_is_shown_and_its_state_is_named_on_the_chart() -> None:
    data = chart(line(*(float(y) for y in range(101))))
    for window, state in ((XWindow(), "all"), (XWindow("live", width=10.0), "live"),
                          (XWindow("frozen", low=20.0, high=30.0), "frozen")):  # fmt: skip
        text = draw(looked_at(data, Viewport(window=window)), 78, 14, style=PLAIN)
        assert text.splitlines()[-1].endswith(f"step · {state}")
    lines = draw(
        looked_at(data, Viewport(window=XWindow("frozen", low=20.0, high=30.0))),
        78,
        14,
        style=PLAIN,
    )
    assert "22" in lines.splitlines()[-1]
    assert "100" not in lines.splitlines()[-1]


def test_the_last_value_up_to_a_place_that_is_finite() -> None:
    xs, ys = (0.0, 10.0, 20.0), (1.0, math.nan, 3.0)
    assert [value_at(xs, ys, x) for x in (-5.0, 4.0, 19.0, 20.0)] == [None, 1.0, 1.0, 3.0]
    assert value_at(xs, (math.nan,) * 3, 1.0) is None


def test_the_cursor_reads_every_curve_and_is_drawn() -> None:
    data = chart(line(5.0, 4.0, 3.0, 2.0), line(9.0, 8.0, 7.0, 6.0, name="val"))
    text = draw(looked_at(data, Viewport(cursor=1.0)), 78, 14, style=PLAIN)
    assert "train 4.000" in text
    assert "val 8.000" in text
    assert "at step 1" in text
    column = text.splitlines()[4].index("│", 8)
    assert all(row[column] in "│⠒●" or row[column] > "⠀" for row in text.splitlines()[1:-2])


def test_a_curve_without_a_value_up_to_the_cursor_has_none_in_the_legend() -> None:
    val = Curve("val", (4.0, 8.0), (7.0, 5.0), 1, "points")
    data = chart(line(*(9.0 - x for x in range(10))), val)
    ascii_only = DrawStyle("ascii", has_color=False)
    for cursor, value in ((3.0, "–"), (4.0, "7.000"), (7.0, "7.000"), (8.0, "5.000")):  # noqa: RUF001
        seen = looked_at(data, Viewport(cursor=cursor))
        assert f"val {value}" in draw(seen, 78, 14, style=PLAIN).splitlines()[0]
    seen = looked_at(data, Viewport(cursor=3.0))
    assert draw(seen, 78, 14, style=ascii_only).splitlines()[0].endswith("val -")


def test_a_value_before_the_window_is_the_last_one_up_to_the_cursor() -> None:
    val = Curve("val", (4.0, 8.0), (7.0, 5.0), 1, "points")
    data = chart(line(*(9.0 - x for x in range(10))), val)
    look = Viewport(window=XWindow("frozen", low=5.0, high=9.0), cursor=6.0)
    assert "val 7.000" in draw(looked_at(data, look), 78, 14, style=PLAIN)


def test_the_cursor_goes_from_point_to_point_and_stays_inside() -> None:
    data = chart(line(*(float(y) for y in range(5))))
    places = []
    look = Viewport()
    for by in (-1, -1, -1, 1, 1, 1):
        look = replace(look, cursor=moved_cursor(data, look, by, 200))
        places.append(look.cursor)
    assert places == [4.0, 3.0, 2.0, 3.0, 4.0, 4.0]


def test_a_click_moves_the_cursor_to_the_nearest_point_of_the_window() -> None:
    data = chart(line(4.0, 3.0), Curve("val", (4.0, 8.0), (7.0, 5.0), 1, "points"))
    assert [pointed_cursor(data, Viewport(), x) for x in (0.4, 7.9, 8.1)] == [0.0, 8.0, 8.0]
    late = Viewport(window=XWindow("frozen", low=4.5, high=8.0))
    assert pointed_cursor(data, late, 4.6) == 8.0
    assert pointed_cursor(chart(), Viewport(), 3.0) == 3.0


def test_without_points_there_is_no_cursor() -> None:
    assert moved_cursor(chart(), Viewport(), 1, 80) is None
    assert extent(chart()) is None


def test_levels_of_the_loss_are_drawn() -> None:
    run = replace(make_run("a"), floor=1.5, published=(Level("published", 1.8),))
    text = draw(loss.chart([run]), 78, 14, style=PLAIN)
    assert "floor 1.5" in text
    assert "published 1.8" in text


def test_a_ghost_of_many_points_is_an_envelope_of_their_extremes() -> None:
    ys = tuple(1.0 + (x % 2) for x in range(4000))
    data = chart(line(*ys))
    rows = draw(looked_at(data, Viewport(smoothing=0.999)), 60, 14, style=PLAIN).splitlines()[1:-2]
    inked = [sum(row[x] not in " ⠀" for row in rows if x < len(row)) for x in range(10, 50)]
    assert min(inked) >= len(rows) - 1
