"""The visible part of a chart: its finite points and the ranges of both axes."""

from __future__ import annotations

from math import floor, inf, isfinite, log10
from statistics import fmean
from typing import NamedTuple

from rnnlab.plots._chart import Chart, Curve, Level
from rnnlab.plots._clip import Beyond, Part, clip
from rnnlab.plots._decimate import decimate
from rnnlab.plots._robust import Heights, robust_heights
from rnnlab.plots._ticks import can_have_units
from rnnlab.plots._viewport import value_at

_ALIKE = 1e-6
"""Relative difference below which values count as equal: distinct labels would need 8 digits."""
_LEVEL_REACH = 0.5
"""Distance up to which a level widens the range of the curves, as a fraction of this range."""
_ZOOM = 1.5
"""Factor of one step of the zoom."""
_SMALLEST = 1e-290
"""Size below which a value counts as zero: fractions of it may underflow."""


class Series(NamedTuple):
    """A curve to draw: few points, all finite, heights on the scale of the axis."""

    curve: Curve
    parts: tuple[Part, ...]
    """The pieces of the curve within the y range, each a series of connected points."""
    beyond: tuple[Beyond, ...]
    """Points above and below the axis."""
    end: tuple[float, float]
    """Position and height of the last point, which may lie beyond the axis."""
    read: float | None
    """The last value, or that up to the cursor, not on a log scale; None if there is none."""
    is_dense: bool
    """Whether several points share a column: the curve is then drawn as an envelope."""


class Span(NamedTuple):
    """The range of an axis."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Return the position of a value between low (0) and high (1)."""
        return (value - self.low) / (self.high - self.low)

    def cell(self, value: float, num_cells: int, fine: int) -> int:
        """Return the index of a value's cell; `fine` is the number of points per cell."""
        return floor(self.place(value, num_cells, fine))

    def place(self, value: float, num_cells: int, fine: int) -> float:
        """Return the position of a value in cells; its cell is the integer below."""
        return (0.5 + (fine * num_cells - 1) * self.share(value) + 1e-8) / fine


class Mark(NamedTuple):
    """A level to draw."""

    level: Level
    height: float
    arrow: str
    """Direction of a level too far away for the picture; empty if it is in the picture."""


class View(NamedTuple):
    """The visible part of a chart at a width."""

    series: tuple[Series, ...]
    x: Span
    y: Span
    marks: tuple[Mark, ...]
    cursor: float | None
    num_not_finite: int
    is_log: bool
    """Whether heights are base-ten logarithms."""
    num_decades: float
    """Decades from the lower end of the y axis to the highest value, be it above the axis; 0 if the
    end is not positive."""
    has_units: bool
    """Whether labels may end in k, M, G or T: not if other labels need an exponent."""


def view_of(chart: Chart, columns: int) -> View:
    """Return the visible part of a chart at a width of `columns`."""
    lines: list[_Line] = []
    num_not_finite = 0
    for curve in chart.curves:
        xs, ys, num_left_out = decimate(curve.xs, curve.ys, columns, is_positive_only=chart.is_log)
        if not curve.is_ghost:
            num_not_finite += num_left_out
        if xs:
            lines.append(_Line(curve, xs, [_height(y, chart.is_log) for y in ys]))
    if chart.window is None:
        x = _span([0.0, *(x for line in lines for x in line.xs)], is_log=False)
    else:
        x = _span(list(chart.window), is_log=False)
    y = _y_span(chart, lines)
    marks = _marks(chart, y) if lines else ()
    series = []
    for curve, xs, ys in lines:
        parts, beyond = clip(xs, ys, y.low, y.high)
        is_dense = len(curve.xs) > 2 * columns
        end = (xs[-1], ys[-1])
        series.append(Series(curve, parts, beyond, end, _read(chart, curve), is_dense))
    has_units = can_have_units(y.high if chart.is_log else max(y.high, -y.low), is_log=chart.is_log)
    highest = max([y.high, *(height for line in lines for height in line.ys)])
    num_decades = log10(highest / y.low) if not chart.is_log and y.low > 0 else 0.0
    return View(
        tuple(series), x, y, marks, chart.cursor, num_not_finite, chart.is_log, num_decades,
        has_units,
    )  # fmt: skip


class _Line(NamedTuple):
    """The points of a curve that are drawn."""

    curve: Curve
    xs: list[float]
    ys: list[float]


def _y_span(chart: Chart, lines: list[_Line]) -> Span:
    """Return the range of the y axis: robust, with the levels near it, then zoomed."""
    zero = [0.0] if chart.is_from_zero and not chart.is_log else []
    whole = _span([*zero, *(y for line in lines for y in line.ys)], is_log=chart.is_log)
    if not lines:
        return whole
    robust = whole
    if not chart.is_exact:
        curves = [(line.curve.xs, line.curve.ys) for line in lines if not line.curve.is_ghost]
        heights = robust_heights(
            curves, Heights(*whole), is_log=chart.is_log, can_diverge=chart.can_diverge
        )
        robust = _span(list(heights), is_log=chart.is_log)
    near = [mark.height for mark in _marks(chart, robust, _LEVEL_REACH) if not mark.arrow]
    robust = Span(min([robust.low, *near, *zero]), max([robust.high, *near, *zero]))
    whole = Span(min(robust.low, whole.low), max(robust.high, whole.high))
    ends = [line.ys[-1] for line in lines if not line.curve.is_faint]
    return zoomed(robust, chart.y_zoom, whole, fmean(ends) if ends else robust.low)


def zoomed(shown: Span, num_steps: int, whole: Span, around: float) -> Span:
    """Return a range, zoomed in by `num_steps` around a height, or out if it is negative.

    whole: the range of all points, at whose ends zooming out ends.
    """
    if num_steps > 0:
        factor = _ZOOM**-num_steps
        middle = min(max(around, shown.low), shown.high)
        low = middle - (middle - shown.low) * factor
        high = middle + (shown.high - middle) * factor
    elif num_steps < 0:
        more = (shown.high - shown.low) * (_ZOOM**-num_steps - 1)
        low, high = max(shown.low - more, whole.low), min(shown.high + more, whole.high)
    else:
        return shown
    return Span(low, high) if high - low > _ALIKE * max(abs(low), abs(high)) else shown


def _read(chart: Chart, curve: Curve) -> float | None:
    """Return the value of a curve for the legend: the last one, up to the cursor if there is one.

    None if the curve starts after the cursor.
    """
    value = value_at(curve.xs, curve.ys, inf if chart.cursor is None else chart.cursor)
    return curve.before if value is None else value


def _marks(chart: Chart, y: Span, reach: float = 0.0) -> tuple[Mark, ...]:
    """Return a chart's levels; those outside the range have an arrow instead of a line.

    reach: distance from the range, as a fraction of it, up to which a level counts as inside.
    """
    margin = reach * (y.high - y.low)
    marks: list[Mark] = []
    for level in chart.levels:
        if not isfinite(level.value) or (chart.is_log and level.value <= 0):
            continue
        height = _height(level.value, chart.is_log)
        is_inside = y.low - margin <= height <= y.high + margin
        marks.append(Mark(level, height, "" if is_inside else "↑" if height > y.high else "↓"))
    return tuple(marks)


def _height(value: float, is_log: bool) -> float:
    return log10(value) if is_log else value


def _span(values: list[float], is_log: bool) -> Span:
    """Return a range that contains all values, with a margin if they are almost equal."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if is_log:
        return Span(low, high) if high - low > _ALIKE else Span(low - 0.5, high + 0.5)
    size = max(abs(low), abs(high))
    if size < _SMALLEST:
        return Span(0.0, 1.0)
    if high - low > _ALIKE * size:
        return Span(low, high)
    return Span(low - 0.1 * size, high + 0.1 * size)
