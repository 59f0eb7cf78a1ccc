"""A heat map as terminal text: a shade for every value, and the value as a number if it fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, log10
from statistics import fmean

from rich.cells import cell_len, set_cell_size

from rnnlab.base.cells import shortened
from rnnlab.plots._figures import HeatMap
from rnnlab.plots._shade import block, on, ramp
from rnnlab.plots._style import DrawStyle
from rnnlab.plots._text import Segment, cropped, paint
from rnnlab.plots._ticks import brief

_MOST_CELL = 9
_LEAST_FOR_NUMBER = 5
"""Minimum width, in columns, of a cell that shows its number."""
_SMALLEST = 1e-45
_Values = Sequence[Sequence[float | None]]


def on_one_scale(heats: Sequence[HeatMap]) -> list[HeatMap]:
    """Return the heat maps with a common scale; heat maps with fixed ends keep their own."""
    open_ended = [heat for heat in heats if heat.low is None and heat.high is None]
    if len({heat.is_log for heat in open_ended}) != 1:
        return list(heats)
    places = [place for heat in open_ended for place in _places(heat)]
    if not places:
        return list(heats)
    low, high = min(places), max(places)
    if open_ended[0].is_log:
        low, high = 10**low, 10**high
    return [replace(h, low=low, high=high) if h in open_ended else h for h in heats]


def draw_heat_map(heat: HeatMap, width: int, height: int, style: DrawStyle) -> list[str]:
    """Return at most `height` lines; if rows or columns do not fit, neighbours are averaged."""
    label_width = min(
        max((cell_len(style.printable(row)) for row in heat.rows), default=0), width // 3
    )
    room = max(width - label_width - 1, 1)
    values, rows = _fewer(heat.values, heat.rows, max(height - 2, 1))
    columns: Sequence[str]
    turned, columns = _fewer(list(zip(*values, strict=True)), heat.columns, room)
    values = [list(row) for row in zip(*turned, strict=True)]
    is_averaged = len(columns) < len(heat.columns) or len(rows) < len(heat.rows)
    low, high = _ends(heat)
    cell = max(1, min(_MOST_CELL, room // max(len(columns), 1)))
    lines = [_heading(heat, low, high, width, style, is_averaged=is_averaged)]
    for name, row in zip(rows, values, strict=True):
        label = shortened(style.printable(name), label_width, style.ellipsis)
        head = set_cell_size(label, label_width) + " "
        cells = "".join(_cell(value, cell, heat, low, high, style) for value in row)
        # Without colours, `paint` would strip the space before the cells.
        name_part = paint((Segment(head, style.dim),), style, 0) if style.has_color else head
        lines.append(name_part + cells)
    foot = " " * (label_width + 1) + _foot(columns, cell, heat.x_label, room, style)
    lines.append(paint((Segment(foot.rstrip(), style.dim),), style, 0))
    return lines[:height]


def _fewer(
    values: _Values, names: Sequence[str], most: int
) -> tuple[list[list[float | None]], list[str]]:
    """Return at most `most` rows, each a mean of neighbours, and the rows' names."""
    size = -(-len(names) // most)
    rows = [list(row) for row in values]
    if size <= 1:
        return rows, list(names)
    groups = [rows[i : i + size] for i in range(0, len(rows), size)]
    averaged = [[_mean(column) for column in zip(*group, strict=True)] for group in groups]
    return averaged, list(names)[::size]


def _mean(values: Sequence[float | None]) -> float | None:
    finite = [value for value in values if value is not None and isfinite(value)]
    return fmean(finite) if finite else None


def _ends(heat: HeatMap) -> tuple[float, float]:
    """Return the ends of the scale; for a log scale, their logarithms."""
    places = _places(heat)
    low = _place(heat.low, is_log=heat.is_log)
    high = _place(heat.high, is_log=heat.is_log)
    low = min(places, default=0.0) if low is None else low
    high = max(places, default=1.0) if high is None else high
    return low, high if high > low else low + 1.0


def _places(heat: HeatMap) -> list[float]:
    """Return the positions on the scale of all values that have a position."""
    return [
        place
        for row in heat.values
        for value in row
        if (place := _place(value, is_log=heat.is_log)) is not None
    ]


def _place(value: float | None, *, is_log: bool) -> float | None:
    """Return the position of a value on the scale; None if it is missing or not on the scale."""
    if value is None or not isfinite(value) or (is_log and value <= _SMALLEST):
        return None
    return log10(value) if is_log else value


def _cell(
    value: float | None, width: int, heat: HeatMap, low: float, high: float, style: DrawStyle
) -> str:
    place = _place(value, is_log=heat.is_log)
    if place is None or value is None:
        return ("?" if value is not None else "").center(width)[:width]
    fraction = (place - low) / (high - low)
    number = brief(value) if width >= _LEAST_FOR_NUMBER else ""
    if len(number) > width - 1:
        number = f"{value:.1e}" if width > 7 else ""
    if style.has_color:
        return on(number.center(width), ramp(fraction))
    if number:
        return f"{block(fraction, style)}{number}".ljust(width)[:width]
    return block(fraction, style) * width


def _heading(
    heat: HeatMap, low: float, high: float, width: int, style: DrawStyle, *, is_averaged: bool
) -> str:
    """Return one line with the title and the scale."""
    title = Segment(style.printable(heat.title), style.foreground)
    ends = [brief(10**end if heat.is_log else end) for end in (low, high)]
    unit = f" {style.printable(heat.unit)}" if heat.unit else ""
    note = "  neighbours averaged" if is_averaged else ""
    line = [title, Segment(f"  {ends[0]} ", style.dim)]
    scale = 10
    if style.has_color:
        line += [Segment("█", ramp(i / (scale - 1))) for i in range(scale)]
    else:
        line.append(Segment("".join(block(i / (scale - 1), style) for i in range(scale))))
    line.append(Segment(f" {ends[1]}{unit}{' (log)' if heat.is_log else ''}{note}", style.dim))
    return paint(cropped(tuple(line), width, style.ellipsis), style, 0)


def _foot(columns: Sequence[str], cell: int, label: str, room: int, style: DrawStyle) -> str:
    """Return one line: the names of columns, as far as they fit, and the label of the x axis."""
    names = [style.printable(name) if name.strip() else "_" for name in columns]
    tail = f"  {style.printable(label)}" if label else ""
    if cell_len(tail) > room // 2:
        tail = ""
    if all(cell_len(name) <= cell - (cell > 1) for name in names):
        row = "".join(set_cell_size(name.center(cell), cell) for name in names)
        if cell_len(row) + cell_len(tail) <= room:
            return row + tail
    row = ""
    for number, name in enumerate(names):
        start = number * cell
        end = cell_len(row)
        is_free = start >= end + (2 if row else 0)
        if is_free and start + cell_len(name) <= room - cell_len(tail):
            row += " " * (start - end) + name
    return row + tail
