from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from rnnlab.plots._decimate import decimate

heights = st.floats(-1e6, 1e6)
columns = st.integers(2, 40)


@given(st.lists(st.tuples(st.floats(0, 1e3), heights), min_size=1, max_size=300), columns)
def test_the_extremes_and_both_ends_stay(points: list[tuple[float, float]], columns: int) -> None:
    points.sort(key=lambda point: point[0])
    xs, ys = [x for x, _ in points], [y for _, y in points]
    kept = decimate(xs, ys, columns)
    assert (min(kept.ys), max(kept.ys)) == (min(ys), max(ys))
    assert (kept.xs[0], kept.ys[0]) == (xs[0], ys[0])
    assert (kept.xs[-1], kept.ys[-1]) == (xs[-1], ys[-1])


def test_an_extreme_beside_the_last_point_is_kept_in_spite_of_rounding() -> None:
    for num_columns in range(2, 60):
        for last in (0.1, 0.3, 0.7, 1.1, 4.9):
            xs = [last * i / 200 for i in range(200)] + [last, last]
            ys = [1.0] * 200 + [9.0, 1.0]
            assert 9.0 in decimate(xs, ys, num_columns).ys


@given(st.lists(heights, max_size=400), columns)
def test_no_more_than_two_points_a_column_are_left(ys: list[float], columns: int) -> None:
    xs = [float(x) for x in range(len(ys))]
    assert len(decimate(xs, ys, columns).xs) <= 2 * columns


@given(st.lists(st.tuples(st.floats(0, 1e3), heights), max_size=300), columns)
def test_the_remaining_points_are_original_and_in_order(
    points: list[tuple[float, float]], columns: int
) -> None:
    points.sort(key=lambda point: point[0])
    kept = decimate([x for x, _ in points], [y for _, y in points], columns)
    rest = iter(points)
    assert all(point in rest for point in zip(kept.xs, kept.ys, strict=True))


@given(st.lists(heights, max_size=80))
def test_a_short_series_is_left_as_it_is(ys: list[float]) -> None:
    xs = [float(x) for x in range(len(ys))]
    assert decimate(xs, ys, 40) == (xs, ys, 0)


@given(st.lists(st.floats() | st.just(math.nan), max_size=100), columns)
def test_points_that_are_not_finite_are_omitted_and_counted(ys: list[float], columns: int) -> None:
    kept = decimate([float(x) for x in range(len(ys))], ys, columns)
    assert all(map(math.isfinite, kept.ys))
    assert kept.num_not_finite == sum(not abs(y) <= 1e300 for y in ys)


def test_a_point_without_a_finite_position_is_omitted_too() -> None:
    assert decimate([1.0, math.nan, math.inf], [1.0, 2.0, 3.0], 10) == ([1.0], [1.0], 2)


def test_values_without_a_logarithm_are_left_out_but_are_finite() -> None:
    kept = decimate([1.0, 2.0, 3.0], [0.0, -1.0, 2.0], 10, is_positive_only=True)
    assert kept == ([3.0], [2.0], 0)


def test_a_spike_among_many_points_is_kept() -> None:
    ys = [0.0] * 50_000
    ys[31_415] = 9.0
    kept = decimate([float(x) for x in range(50_000)], ys, 78)
    assert (31_415.0, 9.0) in zip(kept.xs, kept.ys, strict=True)
    assert len(kept.xs) <= 156


def test_points_all_in_one_place_are_kept_within_the_bound() -> None:
    kept = decimate([5.0] * 100, [float(y) for y in range(100)], 4)
    assert (min(kept.ys), max(kept.ys)) == (0.0, 99.0)
    assert len(kept.ys) <= 8
