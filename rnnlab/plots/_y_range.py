"""The window of a chart on its values: what of it is finite, and from where to where it goes."""

from __future__ import annotations

from math import floor, isfinite, log10
from typing import NamedTuple

from rnnlab.plots._chart import Chart, Curve, Level
from rnnlab.plots._decimate import decimate
from rnnlab.plots._ticks import can_have_units
from rnnlab.plots._viewport import value_at

_ALIKE = 1e-6
"""Values closer than this part of their size are one value: telling them apart would take labels
of eight digits."""
_SMALLEST = 1e-290
"""Below it a value is zero: parts of it may have no number of their own."""


class Series(NamedTuple):
    """A curve as it is drawn: few points, all finite, heights as the axis has them."""

    curve: Curve
    xs: list[float]
    ys: list[float]
    read: float
    """The height at the cursor, or the last one, as it was measured."""
    is_dense: bool
    """Whether several points share a column: its extremes are then joined to an envelope."""


class Span(NamedTuple):
    """One axis from end to end."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Return where a value stands between low (0) and high (1)."""
        return (value - self.low) / (self.high - self.low)

    def cell(self, value: float, num_cells: int, fine: int) -> int:
        """Return the cell in which a point lands, `fine` points side by side in each."""
        return floor(0.5 + (fine * num_cells - 1) * self.share(value) + 1e-8) // fine


class Mark(NamedTuple):
    """A level as it is drawn."""

    level: Level
    height: float
    arrow: str
    """Where it is when it is too far off to be in the picture; empty when it is."""


class View(NamedTuple):
    """All that a chart shows at a width."""

    series: tuple[Series, ...]
    x: Span
    y: Span
    marks: tuple[Mark, ...]
    cursor: float | None
    num_not_finite: int
    has_units: bool
    """Whether numbers beside it may end in k, M, G or T: not where others need an exponent."""


def view_of(chart: Chart, columns: int) -> View:
    """Return what of a chart can be shown in so many columns."""
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
    """Return the height of a curve that is written beside its name."""
    place = curve.xs[-1] if chart.cursor is None else chart.cursor
    found = value_at(curve.xs, curve.ys, place)
    assert found is not None, "a series has a finite point"
    return found


def _marks(chart: Chart, y: Span) -> tuple[Mark, ...]:
    """Return a chart's levels, those with an arrow that would flatten the curves to show."""
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
    """Return an axis that holds all values; one that are all but equal gets room around it."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if is_log:
        return Span(low, high) if high - low > _ALIKE else Span(low - 0.5, high + 0.5)
    size = max(abs(low), abs(high))
    if size < _SMALLEST:
        return Span(0.0, 1.0)
    if high - low > _ALIKE * size:
        return Span(low, high)
    return Span(low - 0.1 * size, high + 0.1 * size)
