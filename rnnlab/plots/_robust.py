"""The heights that a chart shows by default: where the curves are, without transient and spikes.

The first loss of a run is far above all later ones, and one spike of a gradient norm is far above
its neighbours. A range that contains every point leaves one row to everything else. The robust
range contains the values of the last four fifths of each curve, without outliers.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from math import ceil, log10
from typing import NamedTuple

from rnnlab.plots._decimate import LARGEST

_TRANSIENT = 0.2
"""Fraction of a curve's visible part that does not count: the loss falls fastest at the start."""
_FEWEST = 8
"""Values below this number are too few to call one of them an outlier."""
_MOST = 2000
"""Values of a curve that count; of a longer curve, every k-th."""
_TAIL = 0.01
"""Fraction of the values above the upper and below the lower quantile."""
_FENCE = 0.5
"""Distance of an outlier from the nearest quantile, in distances between the quantiles."""
_LEAST_GAIN = 0.5
"""A range that contains all points is shown if the robust one is at least this fraction of it."""
_MARGIN = 0.15
"""Part of the robust range that is added at an end which leaves points out."""


class Heights(NamedTuple):
    """The lowest and the highest visible value of a chart."""

    low: float
    high: float


def robust_heights(
    curves: Iterable[tuple[Sequence[float], Sequence[float]]], whole: Heights, *, is_log: bool
) -> Heights:
    """Return the heights in which most of every curve is visible.

    curves: positions, ascending, and values; those that cannot be drawn are omitted. whole: the
    heights of all points. is_log: whether heights are base-ten logarithms. The robust range of a
    curve contains the values of its last 80 %, without those farther than half of the distance
    between the 1 % and the 99 % quantile from the nearest of the two. The result contains the
    robust ranges of all curves, or every point if this halves the scale at most.
    """
    late = [sorted(_drawable(_late(xs, ys), is_log=is_log)) for xs, ys in curves if ys]
    ranges = [_without_outliers(heights) for heights in late if heights]
    if not ranges:
        return whole
    low, high = min(part.low for part in ranges), max(part.high for part in ranges)
    if high <= low or high - low >= _LEAST_GAIN * (whole.high - whole.low):
        return whole
    margin = _MARGIN * (high - low)
    return Heights(max(whole.low, low - margin), min(whole.high, high + margin))


def _without_outliers(ascending: Sequence[float]) -> Heights:
    if len(ascending) < _FEWEST:
        return Heights(ascending[0], ascending[-1])
    tail = ceil(_TAIL * len(ascending))
    lower, upper = ascending[tail], ascending[-1 - tail]
    fence = _FENCE * (upper - lower)
    start = bisect_left(ascending, lower - fence)
    end = bisect_right(ascending, upper + fence)
    return Heights(ascending[start], ascending[end - 1])


def _late(xs: Sequence[float], ys: Sequence[float]) -> Sequence[float]:
    """Return the values after the transient; of many, every k-th."""
    start = bisect_left(xs, xs[0] + _TRANSIENT * (xs[-1] - xs[0]))
    return ys[start :: ceil((len(ys) - start) / _MOST)]


def _drawable(values: Iterable[float], *, is_log: bool) -> list[float]:
    """Return the heights of the values that can be drawn."""
    finite = [value for value in values if abs(value) <= LARGEST]
    return [log10(value) for value in finite if value * LARGEST >= 1] if is_log else finite
