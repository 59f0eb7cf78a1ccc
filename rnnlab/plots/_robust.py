"""The heights that a chart shows by default: where the curves are, without transient and spikes.

The first loss of a run is far above all later ones, and one spike of a gradient norm is far above
its neighbours. A range that contains every point leaves one row to everything else. The robust
range contains the values of the last four fifths of each curve, without outliers; of a loss and of
a gradient norm also without a divergence, which may last for most of the run.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import ceil, inf, log10
from operator import sub
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
_WARMUP = 0.05
"""Fraction of a curve's visible part after which its values show how low it has been."""
_FEWEST_SOUND = 3
"""Values that a divergence leaves at least: a curve of validations has few."""
_SAMPLE = 400
"""Values of a curve that decide whether it diverges; of a longer curve, every k-th."""
_FLATTENED = 0.1
"""A divergence leaves the other points at most this part of the heights, times their fraction."""
_SHARES = (*(share / 20 for share in range(19, 1, -1)), 0.07, 0.05, 0.03)
"""Fractions of the points that a divergence may leave."""
_MARGIN = 0.15
"""Part of the robust range that is added at an end which leaves points out."""


class Heights(NamedTuple):
    """The lowest and the highest visible value of a chart."""

    low: float
    high: float


def robust_heights(
    curves: Iterable[tuple[Sequence[float], Sequence[float]]],
    whole: Heights,
    *,
    is_log: bool,
    can_diverge: bool = False,
) -> Heights:
    """Return the heights in which most of every curve is visible.

    curves: positions, ascending, and values; those that cannot be drawn are omitted. whole: the
    heights of all points. is_log: whether heights are base-ten logarithms. The robust range of a
    curve contains the values of its last 80 %, without those farther than half of the distance
    between the 1 % and the 99 % quantile from the nearest of the two. The result contains the
    robust ranges of all curves, or every point if this halves the scale at most. can_diverge:
    whether values far above the earlier ones are left out, too, also if there are many of them.
    """
    late = []
    for xs, ys in curves:
        heights: Sequence[float] = _drawable(_late(xs, ys), is_log=is_log) if ys else ()
        if can_diverge and len(heights) > _FEWEST_SOUND:
            heights = _without_divergence(xs, ys, is_log=is_log) or heights
        late.append(sorted(heights))
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


def _without_divergence(
    xs: Sequence[float], ys: Sequence[float], *, is_log: bool
) -> Sequence[float]:
    """Return the heights that a divergence would flatten: late ones, or if all diverge, early ones.

    A height diverges if it is far above the lowest one before it: a curve that falls, however far,
    does not diverge. Without a divergence, the result is empty.
    """
    first = _place(xs, _WARMUP)
    num_between = ceil((len(ys) - first) / _SAMPLE)
    num_early = ceil((_place(xs, _TRANSIENT) - first) / num_between)
    values = ys[first::num_between]
    early = _drawable(values[:num_early], is_log=is_log)
    heights = early + _drawable(values[num_early:], is_log=is_log)
    if not heights:
        return ()
    rises = list(map(sub, heights, accumulate(heights, min)))
    if 2 * max(rises) < max(heights) - min(heights):
        return ()  # the fall of the curve is larger
    limit = _highest_rise(heights, rises)
    if limit == inf:
        return ()
    sound = [i for i, rise in enumerate(rises) if rise <= limit]
    return [heights[i] for i in sound if i >= len(early)] or [heights[i] for i in sound]


def _highest_rise(heights: Sequence[float], rises: Sequence[float]) -> float:
    """Return the rise above which a height diverges; inf if none does."""
    order = sorted(range(len(heights)), key=rises.__getitem__)
    lows = list(accumulate((heights[i] for i in order), min))
    highs = list(accumulate((heights[i] for i in order), max))
    num_kept = len(order)
    while True:
        extent = highs[num_kept - 1] - lows[num_kept - 1]
        for share in _SHARES:
            num = ceil(share * len(order))
            part = highs[num - 1] - lows[num - 1]
            if _FEWEST_SOUND <= num < num_kept and part < _FLATTENED * share * extent:
                num_kept = num
                break
        else:
            return rises[order[num_kept - 1]] if num_kept < len(order) else inf


def _late(xs: Sequence[float], ys: Sequence[float]) -> Sequence[float]:
    """Return the values after the transient; of many, every k-th."""
    start = _place(xs, _TRANSIENT)
    return ys[start :: ceil((len(ys) - start) / _MOST)]


def _place(xs: Sequence[float], fraction: float) -> int:
    """Return the index of the first point after a fraction of the curve."""
    return bisect_left(xs, xs[0] + fraction * (xs[-1] - xs[0]))


def _drawable(values: Iterable[float], *, is_log: bool) -> list[float]:
    """Return the heights of the values that can be drawn."""
    finite = [value for value in values if abs(value) <= LARGEST]
    return [log10(value) for value in finite if value * LARGEST >= 1] if is_log else finite
