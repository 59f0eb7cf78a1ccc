"""The visible part of a chart: its finite points and the ranges of both axes."""

from __future__ import annotations

from math import floor, isfinite, log10
from typing import NamedTuple

from rnnlab.plots._chart import Chart, Curve, Level
from rnnlab.plots._decimate import decimate
from rnnlab.plots._ticks import can_have_units
from rnnlab.plots._viewport import value_at

_ALIKE = 1e-6
"""Relative difference below which values count as equal: distinct labels would need 8 digits."""
_SMALLEST = 1e-290
"""Size below which a value counts as zero: fractions of it may underflow."""


class Series(NamedTuple):
    """A curve to draw: few points, all finite, heights on the scale of the axis."""

    curve: Curve
    xs: list[float]
    ys: list[float]
    read: float
    """The value at the cursor, or the last one, not on a log scale."""
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
        return floor(0.5 + (fine * num_cells - 1) * self.share(value) + 1e-8) // fine


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
    has_units: bool
    """Whether labels may end in k, M, G or T: not if other labels need an exponent."""


def view_of(chart: Chart, columns: int) -> View:
    """Return the visible part of a chart at a width of `columns`."""
    series: list[Series] = []
    num_not_finite = 0
    for curve in chart.curves:
        xs, ys, num_left_out = decimate(curve.xs, curve.ys, columns, is_positive_only=chart.is_log)
        if not curve.is_ghost:
            num_not_finite += num_left_out
        if xs:
            heights = [_height(y, chart.is_log) for y in ys]
            is_dense = len(curve.xs) > 2 * columns
            series.append(Series(curve, xs, heights, _read(chart, curve), is_dense))
    heights = [y for s in series for y in s.ys]
    if chart.is_from_zero and not chart.is_log:
        heights.append(0.0)
    if chart.window is None:
        x = _span([0.0, *(x for s in series for x in s.xs)], is_log=False)
    else:
        x = _span(list(chart.window), is_log=False)
    y = _span(heights, chart.is_log)
    marks = _marks(chart, y) if series else ()
    seen = [mark.height for mark in marks if not mark.arrow]
    y = Span(min([y.low, *seen]), max([y.high, *seen]))
    has_units = can_have_units(y.high if chart.is_log else max(y.high, -y.low), is_log=chart.is_log)
    return View(tuple(series), x, y, marks, chart.cursor, num_not_finite, has_units)


def _read(chart: Chart, curve: Curve) -> float:
    """Return the value of a curve for the legend: at the cursor, or the last one."""
    x = curve.xs[-1] if chart.cursor is None else chart.cursor
    value = value_at(curve.xs, curve.ys, x)
    assert value is not None, "a series has a finite point"
    return value


def _marks(chart: Chart, y: Span) -> tuple[Mark, ...]:
    """Return a chart's levels; those that would flatten the curves have an arrow instead."""
    reach = y.high - y.low
    marks: list[Mark] = []
    for level in chart.levels:
        if not isfinite(level.value) or (chart.is_log and level.value <= 0):
            continue
        height = _height(level.value, chart.is_log)
        is_near = y.low - reach <= height <= y.high + reach
        marks.append(Mark(level, height, "" if is_near else "↑" if height > y.high else "↓"))
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
