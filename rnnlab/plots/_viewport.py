"""The viewport of a chart: smoothing, x window and cursor, applied to the chart's data."""

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
    """The user's settings for all charts."""

    smoothing: float = 0.0
    """EMA factor, 0 for no smoothing."""
    window: XWindow = ALL
    cursor: float | None = None
    """Position on the x axis up to which the legend shows the last values; None: the newest."""
    y_zoom: int = 0
    """Steps by which the y axis is zoomed in; negative: out, until all points are inside."""


def looked_at(chart: Chart, viewport: Viewport) -> Chart:
    """Return a chart with a viewport applied: smoothed, cut to the window, with the cursor."""
    whole = extent(chart)
    if whole is None:
        return chart
    curves = chart.curves
    if viewport.smoothing and not chart.is_exact:
        curves = tuple(part for curve in curves for part in _smoothed(curve, viewport.smoothing))
    shown = viewport.window.shown(whole)
    if viewport.window.mode != "all":
        curves = tuple(cut(curve, shown) for curve in curves)
    cursor = viewport.cursor
    return replace(
        chart,
        curves=curves,
        window=None if viewport.window.mode == "all" else (shown.low, shown.high),
        state=viewport.window.mode,
        cursor=None if cursor is None else min(max(cursor, shown.low), shown.high),
        smoothing=0.0 if chart.is_exact else viewport.smoothing,
        y_zoom=viewport.y_zoom,
    )


def extent(chart: Chart) -> Extent | None:
    """Return the x range of a chart's curves; None if they have no points."""
    ends = [x for c in chart.curves for x in (c.xs[:1] + c.xs[-1:]) if isfinite(x)]
    return Extent(min(0.0, *ends), max(ends)) if ends else None


def cut(curve: Curve, shown: Extent) -> Curve:
    """Return the points of a curve inside a window; a line is interpolated at the edges."""
    start, end = bisect_left(curve.xs, shown.low), bisect_right(curve.xs, shown.high)
    xs, ys = list(curve.xs[start:end]), list(curve.ys[start:end])
    if curve.style == "line" and not curve.is_faint:
        if 0 < start < len(curve.xs) and (not xs or xs[0] > shown.low):
            xs.insert(0, shown.low)
            ys.insert(0, _between(curve, start, shown.low))
        if 0 < end < len(curve.xs) and (not xs or xs[-1] < shown.high):
            xs.append(shown.high)
            ys.append(_between(curve, end, shown.high))
    before = value_at(curve.xs[:start], curve.ys[:start], shown.low)
    return replace(curve, xs=tuple(xs), ys=tuple(ys), before=before)


def value_at(xs: Sequence[float], ys: Sequence[float], x: float) -> float | None:
    """Return the last finite value at or before x; None if there is none."""
    up_to_x = range(bisect_right(xs, x) - 1, -1, -1)
    return next((ys[index] for index in up_to_x if isfinite(ys[index])), None)


def moved_cursor(chart: Chart, viewport: Viewport, columns: int, num_columns: int) -> float | None:
    """Return the cursor's position after a move by `columns` of the chart's `num_columns`.

    The cursor is always on a point, so it moves at least to the next one. Without a cursor, it
    starts at an end of the window. Return None if the window has no points.
    """
    whole = extent(chart)
    if whole is None:
        return None
    shown = viewport.window.shown(whole)
    points = sorted({x for c in chart.curves for x in c.xs if shown.low <= x <= shown.high})
    if not points:
        return None
    if viewport.cursor is None:
        return points[-1] if columns <= 0 else points[0]
    target = viewport.cursor + columns * shown.width / max(num_columns - 1, 1)
    if columns > 0:
        return points[min(bisect_left(points, target), len(points) - 1)]
    return points[max(bisect_right(points, target) - 1, 0)]


def pointed_cursor(chart: Chart, viewport: Viewport, x: float) -> float:
    """Return the cursor's position after a click at x: the nearest visible point; x if none is."""
    whole = extent(chart)
    shown = viewport.window.shown(whole) if whole is not None else Extent(x, x)
    points = (p for c in chart.curves for p in c.xs if shown.low <= p <= shown.high)
    return min(points, key=lambda point: abs(point - x), default=x)


def _smoothed(curve: Curve, weight: float) -> tuple[Curve, ...]:
    """Return the raw curve as a ghost, then the smoothed one; points are not smoothed."""
    if curve.style == "band":
        lows, highs = smoothed(curve.ys[::2], weight), smoothed(curve.ys[1::2], weight)
        ys = tuple(y for pair in zip(lows, highs, strict=True) for y in pair)
        return (replace(curve, ys=ys),)
    if curve.style != "line" or curve.is_faint or len(curve.xs) < 3:
        return (curve,)
    ghost = replace(curve, is_faint=True, is_ghost=True)
    return ghost, replace(curve, ys=smoothed(curve.ys, weight))


def _between(curve: Curve, after: int, x: float) -> float:
    """Return the interpolated value at x, between the points `after - 1` and `after`."""
    x0, x1 = curve.xs[after - 1], curve.xs[after]
    fraction = (x - x0) / (x1 - x0) if x1 > x0 else 0.0
    return curve.ys[after - 1] + fraction * (curve.ys[after] - curve.ys[after - 1])
