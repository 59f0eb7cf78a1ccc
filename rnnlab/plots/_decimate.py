"""Reduce a series to the points that a terminal can show: drawing time grows with the points."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

LARGEST = 1e300
"""Size above which a range may overflow; losses and norms of float32 models are far below."""


class Decimated(NamedTuple):
    """The remaining points of a series."""

    xs: list[float]
    ys: list[float]
    num_not_finite: int
    """Number of points omitted because x or y is inf, nan or above 1e300."""


def decimate(
    xs: Sequence[float], ys: Sequence[float], columns: int, *, is_positive_only: bool = False
) -> Decimated:
    """Keep the lowest and highest point of each column, at most two points a column, in order.

    The first and the last point and both extremes are kept. xs must ascend. is_positive_only: omit
    values without a logarithm.
    """
    # abs(nan) <= anything is False.
    points = [(x, y) for x, y in zip(xs, ys, strict=True) if abs(y) <= LARGEST >= abs(x)]
    num_not_finite = len(xs) - len(points)
    if is_positive_only:
        points = [point for point in points if point[1] * LARGEST >= 1]
    columns = max(columns, 2)
    if len(points) > 2 * columns:
        points = _extremes(points, columns)
    return Decimated([x for x, _ in points], [y for _, y in points], num_not_finite)


def _extremes(points: list[tuple[float, float]], columns: int) -> list[tuple[float, float]]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    # A column has two points; the first and the last point take the share of one column.
    num_buckets, last = columns - 1, len(points) - 1
    width = (xs[last] - xs[0]) / num_buckets
    chosen, start = [0], 1
    for bucket in range(1, num_buckets + 1):
        is_last = bucket == num_buckets
        end = last if is_last else bisect_right(xs, xs[0] + bucket * width, start, last)
        if end > start:
            column = ys[start:end]
            low, high = start + column.index(min(column)), start + column.index(max(column))
            chosen += sorted({low, high})
        start = end
    return [points[index] for index in (*chosen, last)]
