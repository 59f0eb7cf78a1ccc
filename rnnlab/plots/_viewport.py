"""How a chart is looked at: smoothed, through a window, with a cursor; the chart stays data."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from rnnlab.plots._chart import Chart, Curve
from rnnlab.plots._smooth import smoothed
from rnnlab.plots._x_window import ALL, Extent, XWindow


@dataclass(frozen=True)
class Viewport:
    """What a user has set for all charts alike."""

    smoothing: float = 0.0
    """Weight of the past in the moving average, 0 for none."""
    window: XWindow = ALL
    cursor: float | None = None
    """Place on the axis whose values are read; None for the newest ones."""


def looked_at(chart: Chart, look: Viewport) -> Chart:
    """Return a chart as it is looked at."""
    whole = extent(chart)
    if whole is None:
        return chart
    curves = chart.curves
    if look.smoothing and not chart.is_exact:
        curves = tuple(part for curve in curves for part in _smoothed(curve, look.smoothing))
    shown = look.window.shown(whole)
    if look.window.mode != "all":
        curves = tuple(cut(curve, shown) for curve in curves)
    cursor = look.cursor
    return replace(
        chart,
        curves=curves,
        window=None if look.window.mode == "all" else (shown.low, shown.high),
        state=look.window.mode,
        cursor=None if cursor is None else min(max(cursor, shown.low), shown.high),
        smoothing=0.0 if chart.is_exact else look.smoothing,
    )


def extent(chart: Chart) -> Extent | None:
    """Return from where to where a chart's curves go; None without a point."""
    ends = [x for c in chart.curves for x in (c.xs[:1] + c.xs[-1:]) if isfinite(x)]
    return Extent(min(0.0, *ends), max(ends)) if ends else None


def cut(curve: Curve, shown: Extent) -> Curve:
    """Return the points of a curve inside a window; a line is led on to the window's edges."""
    start, end = bisect_left(curve.xs, shown.low), bisect_right(curve.xs, shown.high)
    xs, ys = list(curve.xs[start:end]), list(curve.ys[start:end])
    if curve.style == "line" and not curve.is_faint:
        if 0 < start < len(curve.xs) and (not xs or xs[0] > shown.low):
            xs.insert(0, shown.low)
            ys.insert(0, _between(curve, start, shown.low))
        if 0 < end < len(curve.xs) and (not xs or xs[-1] < shown.high):
            xs.append(shown.high)
            ys.append(_between(curve, end, shown.high))
    return replace(curve, xs=tuple(xs), ys=tuple(ys))


def value_at(xs: Sequence[float], ys: Sequence[float], x: float) -> float | None:
    """Return the finite value nearest to a place; None where there is none."""
    place = bisect_left(xs, x)
    if 0 < place < len(xs) and x - xs[place - 1] <= xs[place] - x:
        place -= 1
    place = min(place, len(xs) - 1)
    for distance in range(len(xs)):
        for index in (place - distance, place + distance):
            if 0 <= index < len(ys) and isfinite(ys[index]):
                return ys[index]
    return None


def moved_cursor(chart: Chart, look: Viewport, columns: int, num_columns: int) -> float | None:
    """Return the cursor's place after it has moved by so many of the chart's columns.

    It stands on points: it goes to the next one in its direction where that is further. Without a
    cursor it begins at the end. None where there is no point to stand on.
    """
    whole = extent(chart)
    if whole is None:
        return None
    shown = look.window.shown(whole)
    points = sorted({x for c in chart.curves for x in c.xs if shown.low <= x <= shown.high})
    if not points:
        return None
    if look.cursor is None:
        return points[-1] if columns <= 0 else points[0]
    wanted = look.cursor + columns * shown.width / max(num_columns - 1, 1)
    if columns > 0:
        ahead = bisect_left(points, wanted)
        return points[min(ahead, len(points) - 1)]
    behind = bisect_right(points, wanted) - 1
    return points[max(behind, 0)]


def _smoothed(curve: Curve, weight: float) -> tuple[Curve, ...]:
    """Return the raw curve as its ghost, then the smoothed one; points and ghosts stay."""
    if curve.style != "line" or curve.is_faint or len(curve.xs) < 3:
        return (curve,)
    ghost = replace(curve, is_faint=True, is_ghost=True)
    return ghost, replace(curve, ys=smoothed(curve.ys, weight))


def _between(curve: Curve, after: int, x: float) -> float:
    """Return the height of a line at x, which lies before the point `after`."""
    x0, x1 = curve.xs[after - 1], curve.xs[after]
    share = (x - x0) / (x1 - x0) if x1 > x0 else 0.0
    return curve.ys[after - 1] + share * (curve.ys[after] - curve.ys[after - 1])
