"""The picture of a chart: levels, curves, marks, arrows and letters, each cell with one character.

Plotext gets the characters with their colours, in units of cells. Its lines are not used, since it
takes ten times as long to join points as `Dots`, which would delay the echo of a key. Its axes,
ticks, labels, titles and scales are not used either: they depend on the terminal and on its
version, and fail for inf and for negative logarithms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, cast

from rnnlab.base.palettes import Color
from rnnlab.plots._band import band_dots
from rnnlab.plots._dots import Cell, Dots
from rnnlab.plots._style import DrawStyle
from rnnlab.plots._ticks import brief
from rnnlab.plots._y_range import Series, View

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_MARK_EVERY = 3
"""Minimum columns between two marks of a curve, so that they stay distinct."""
_END = 16
"""Columns before a curve's last point that count as its end."""
_CLEAR = 3
"""Columns between the letter of a curve and the labels at the right, which have letters, too."""
_MOST_ARROWS = 12
"""Arrows at points beyond the picture; the farthest ones have one."""
_LEAST_DISTANCE_OF_VALUES = 0.75
"""Distance from the middle of the picture, in its heights, from which an arrow has a value."""
_LEAST_WIDTH_FOR_ARROWS, _LEAST_HEIGHT_FOR_ARROWS = 24, 4
_NO_COLOR: Color = (0, 0, 0)
Sheet = dict[Cell, tuple[str, Color]]
"""Character and colour of each cell that is not empty."""


class PlotextFigure(Protocol):
    """The part of the plotext module that is used."""

    def clear_figure(self) -> Any:
        """Forget all data and settings."""

    def limit_size(self, width: bool, height: bool) -> Any:
        """Set whether the picture is limited to the size of the process's terminal."""

    def plot_size(self, width: int, height: int) -> Any:
        """Set the size in character cells."""

    def frame(self, frame: bool) -> Any:
        """Set whether axes are drawn."""

    def xfrequency(self, frequency: int) -> Any:
        """Set the number of ticks."""

    def yfrequency(self, frequency: int) -> Any:
        """Set the number of ticks."""

    def xlim(self, left: float, right: float) -> Any:
        """Set the ends of the axis."""

    def ylim(self, lower: float, upper: float) -> Any:
        """Set the ends of the axis."""

    def canvas_color(self, color: Any) -> Any:
        """Set the background."""

    def scatter(self, xs: Any, ys: Any, *, marker: str | Sequence[str], color: Any) -> Any:
        """Add points: all with the same marker, or each with its own."""

    def build(self) -> str:
        """Return the picture."""


class Pen(NamedTuple):
    """The characters with which a curve is drawn."""

    line: str
    """The character of its dots in ASCII; otherwise empty, as the dots make the characters."""
    mark: str
    """The mark of the points of a curve with style `points`, and of a single point."""
    letter: str
    """The letter at the end of the first curve that has it; empty for none."""


def picture(
    view: View,
    pens: Sequence[Pen],
    size: tuple[int, int],
    style: DrawStyle,
    *,
    has_labels: bool = False,
) -> list[str]:
    """Return the lines of a picture; `pens` has a pen per series, `size` is (width, height).

    has_labels: whether labels follow at the right, which the letters of the curves keep clear of.
    """
    width, height = size
    edge = width - 1 - (_CLEAR if has_labels else 0)
    sheet: Sheet = {}
    for mark in (mark for mark in view.marks if not mark.arrow):
        row = view.y.cell(mark.height, height, style.fineness[1])
        sheet |= dict.fromkeys(
            ((column, row) for column in range(width)), (style.signs.level, style.dim)
        )
    if view.cursor is not None:
        column = view.x.cell(view.cursor, width, style.fineness[0])
        sheet |= dict.fromkeys(
            ((column, row) for row in range(height)), (style.signs.side, style.dim)
        )
    layers = sorted(zip(view.series, pens, strict=True), key=lambda layer: _depth(layer[0]))
    cells_of: list[list[Cell]] = []
    for series, pen in layers:
        color = style.color(series.curve.color, is_faint=series.curve.is_faint)
        dots = Dots(size, style)
        cells_of.append(_draw_curve(dots, view, series, size, style))
        for cell, character in dots.characters(pen.line):
            sheet[cell] = character, color
    marks: list[Cell] = []
    for (series, pen), cells in zip(layers, cells_of, strict=True):
        if series.curve.style == "points" or len(cells) == 1:
            apart = _apart(cells)
            marks += apart
            sheet |= dict.fromkeys(apart, (pen.mark, style.color(series.curve.color)))
    beyond = _beyond(view, size, style)
    sheet |= beyond
    occupied = beyond.keys() | marks
    ends: dict[str, Cell] = {}
    for (series, pen), points in zip(layers, cells_of, strict=True):
        if pen.letter and pen.letter not in ends:
            line = _line_cells(view, series, points, size, style)
            cells = [cell for cell in line if cell not in occupied]
            cells = [cell for cell in cells if cell[0] <= edge] or cells or marks
            if cells:
                end = ends[pen.letter] = _free_end(cells, list(ends.values()))
                sheet[end] = pen.letter, style.color(series.curve.color)
    return _build(sheet, size, style)


def _beyond(view: View, size: tuple[int, int], style: DrawStyle) -> Sheet:
    """Return an arrow at the edge for each point beyond it, with its value if there is room.

    The farthest points come first; points of faint curves have none.
    """
    width, height = size
    if width < _LEAST_WIDTH_FOR_ARROWS or height < _LEAST_HEIGHT_FOR_ARROWS:
        return {}
    middle = (view.y.low + view.y.high) / 2
    points = [
        (abs(point.y - middle), point, series.curve.color)
        for series in view.series
        if not series.curve.is_faint
        for point in series.beyond
    ]
    sheet: Sheet = {}
    for distance, point, color in sorted(points, key=lambda entry: -entry[0])[:_MOST_ARROWS]:
        row = height - 1 if point.is_above else 0
        column = view.x.cell(point.x, width, style.fineness[0])
        arrow = style.printable("↑" if point.is_above else "↓")
        value = brief(10**point.y if view.is_log else point.y, has_units=view.has_units)
        if distance < _LEAST_DISTANCE_OF_VALUES * (view.y.high - view.y.low):
            value = ""
        after = [(column + i, row) for i in range(len(value) + 2)]
        before = [(column - i, row) for i in range(len(value) + 1, -1, -1)]
        if after[-1][0] < width and sheet.keys().isdisjoint(after):
            cells, text = after[:-1], arrow + value
        elif before[0][0] >= 0 and sheet.keys().isdisjoint(before):
            cells, text = before[1:], value + arrow
        elif (column, row) not in sheet:
            cells, text = [(column, row)], arrow
        else:
            continue
        for cell, character in zip(cells, text, strict=True):
            sheet[cell] = character, style.color(color)
    return sheet


def _build(sheet: Sheet, size: tuple[int, int], style: DrawStyle) -> list[str]:
    """Return the lines of a picture from its characters."""
    import plotext  # importing plotext takes 0.05 s

    figure = cast("PlotextFigure", plotext)
    clear(figure, *size, style)
    of_color: dict[Color, list[Cell]] = {}
    for cell, (_, color) in sheet.items():
        of_color.setdefault(color if style.has_color else _NO_COLOR, []).append(cell)
    for color, cells in of_color.items():
        figure.scatter(
            [column for column, _ in cells],
            [row for _, row in cells],
            marker=[sheet[cell][0] for cell in cells],
            color=color if style.has_color else "default",
        )
    return built(figure, style)[: size[1]]


def built(figure: PlotextFigure, style: DrawStyle) -> list[str]:
    """Return the lines of a figure, in its colours if there are any."""
    text = figure.build()
    return (text if style.has_color else _ESCAPE.sub("", text)).split("\n")


def clear(figure: PlotextFigure, width: int, height: int, style: DrawStyle) -> None:
    """Forget all data of a figure, and set its size in cells."""
    figure.clear_figure()
    figure.limit_size(False, False)
    figure.plot_size(width, height)
    figure.frame(False)
    figure.xfrequency(0)
    figure.yfrequency(0)
    # One unit is one cell; integers are the centres of the cells.
    figure.xlim(0, max(width - 1, 1))
    figure.ylim(0, max(height - 1, 1))
    figure.canvas_color(style.background or "default")


def _depth(series: Series) -> int:
    """Return a sort key: series drawn later cover earlier ones."""
    return 0 if series.curve.is_faint else 1 if series.curve.style == "line" else 2


def _draw_curve(
    dots: Dots, view: View, series: Series, size: tuple[int, int], style: DrawStyle
) -> list[Cell]:
    """Add the dots of a curve: joined, or of a faint one apart; return the cells of its points."""
    is_apart = series.curve.is_faint and not series.is_dense
    cells: list[Cell] = []
    for part in series.parts:
        points = dots.places(part.xs, part.ys, view.x, view.y)
        cells += dots.cells(points)
        if series.curve.style != "band":
            (dots.add if is_apart else dots.join)(points)
    if series.curve.style == "band":
        dots.add(band_dots(view, series, size, style))
    return cells


def _apart(cells: list[Cell]) -> list[Cell]:
    """Return the cells from the last one backwards, without those too close to a chosen one."""
    chosen: list[Cell] = []
    for cell in reversed(cells):
        if not chosen or chosen[-1][0] - cell[0] >= _MARK_EVERY:
            chosen.append(cell)
    return chosen


def _line_cells(
    view: View, series: Series, cells: list[Cell], size: tuple[int, int], style: DrawStyle
) -> list[Cell]:
    """Return the cells of a series' points, with those of the line between the last two of them."""
    if series.curve.is_faint or not series.parts or len(series.parts[-1].xs) < 2:
        return cells
    (x0, x1), (y0, y1) = series.parts[-1].xs[-2:], series.parts[-1].ys[-2:]
    first, last = cells[-2][0], cells[-1][0]
    between: list[Cell] = []
    for column in range(max(first + 1, last - _END - _CLEAR), last):
        x = view.x.low + column / (size[0] - 1) * (view.x.high - view.x.low)
        y = y0 + min(max((x - x0) / (x1 - x0), 0.0), 1.0) * (y1 - y0)
        between.append((column, view.y.cell(y, size[1], style.fineness[1])))
    return [*cells[:-1], *between, cells[-1]]


def _free_end(cells: list[Cell], occupied: list[Cell]) -> Cell:
    """Return a cell close to a curve's end at which its letter does not touch another letter."""
    last = cells[-1]
    for column, row in reversed(cells):
        if last[0] - column > _END:
            break
        if all(abs(column - c) > 1 or row != r for c, r in occupied):
            return column, row
    return next((cell for cell in reversed(cells) if cell not in occupied), last)
