"""A chart as terminal text: heading, picture and axes put together, exactly as large as asked."""

from __future__ import annotations

import textwrap

from rich.cells import cell_len

from rnnlab.plots._canvas import Figure, picture
from rnnlab.plots._chart import Chart
from rnnlab.plots._legend import heading, pens_of
from rnnlab.plots._style import DrawStyle
from rnnlab.plots._text import Line, Segment, cropped, paint
from rnnlab.plots._ticks import Tick, linear, logarithmic
from rnnlab.plots._view import View, view_of

_STYLE = DrawStyle()
_LEAST_WIDTH_FOR_SIDE = 24
_LEAST_HEIGHT_FOR_FLOOR = 7
_COLUMNS_A_TICK = 10
_ROWS_A_TICK = 3
_MOST_TICKS = 10
_GAP = 2


def draw(
    chart: Chart,
    width: int,
    height: int,
    *,
    style: DrawStyle = _STYLE,
    figure: Figure | None = None,
) -> str:
    """Return a chart as exactly `height` lines of at most `width` columns.

    `figure` is any figure of plotext's making, which is cleared; None takes plotext's own. What
    does not fit is left out, the axes first. Costs some ten milliseconds: keep the result.
    """
    width, height = max(width, 1), max(height, 1)
    view = view_of(chart, width)
    pens = pens_of(view, style)
    rows = heading(chart, view, pens, style, width=width, most_rows=max(height // 4, 1))
    num_floor_rows = 2 if height >= _LEAST_HEIGHT_FOR_FLOOR and view.series else 0
    picture_height = height - len(rows) - num_floor_rows
    if not view.series:
        rows += _sentence(_why_empty(chart, view), width, picture_height, style)
    lines = [paint(row, style, width) for row in rows]
    if view.series and picture_height > 0:
        side = _side(chart, view, width, picture_height, style)
        side_width = cell_len(side[0].text)
        size = (width - side_width, picture_height)
        body = picture(view, pens, size, style, figure)
        lines += [paint((s,), style, 0) + line for s, line in zip(side, body, strict=True)]
        if num_floor_rows:
            floor = _floor(chart, view, side_width, size[0], style)
            lines += [paint(row, style, width) for row in floor]
    lines += [paint((), style, width)] * (height - len(lines))
    return "\n".join(line if style.has_color else line.rstrip() for line in lines[:height])


def _side(chart: Chart, view: View, width: int, height: int, style: DrawStyle) -> list[Segment]:
    """Return the vertical axis from the top down; empty where the width is needed otherwise."""
    most = min(max((height + 1) // _ROWS_A_TICK, 2), _MOST_TICKS)
    ticks = (logarithmic if chart.is_log else linear)(*view.y, most)
    labels: dict[int, str] = {}
    for position, label in ticks:
        labels.setdefault(view.y.cell(position, height, style.fineness[1]), label)
    label_width = max(map(len, labels.values()), default=0)
    if width < max(_LEAST_WIDTH_FOR_SIDE, 2 * label_width):
        return [Segment("")] * height
    glyphs = style.glyphs
    return [
        Segment(
            labels.get(row, "").rjust(label_width)
            + (glyphs.side_tick if row in labels else glyphs.side),
            style.dim,
        )
        for row in reversed(range(height))
    ]


def _floor(
    chart: Chart, view: View, side_width: int, picture_width: int, style: DrawStyle
) -> tuple[Line, Line]:
    """Return the horizontal axis and the row of its labels, what it counts at the right."""
    unit_size, unit = _unit(chart, view)
    ticks = linear(
        view.x.low / unit_size,
        view.x.high / unit_size,
        min(max(picture_width // _COLUMNS_A_TICK + 1, 2), _MOST_TICKS),
        smallest=1.0 if chart.axis == "step" else 0.0,
    )
    fine_x, _ = style.fineness
    places = {
        side_width + view.x.cell(tick.position * unit_size, picture_width, fine_x): tick
        for tick in ticks
    }
    width = side_width + picture_width
    name = style.say(unit)
    row, shown = _row_of_labels(places, width - cell_len(name) - _GAP)
    if len(shown) < 2:
        name = ""
        row, shown = _row_of_labels(places, width)
    row += " " * (width - len(row) - cell_len(name)) + name
    glyphs = style.glyphs
    line = "".join(
        glyphs.floor_tick if column in shown else glyphs.floor
        for column in range(side_width, width)
    )
    corner = " " * (side_width - 1) + glyphs.corner if side_width else ""
    return (
        (Segment(corner + line, style.dim),),
        cropped((Segment(row, style.dim),), width, style.ellipsis),
    )


def _row_of_labels(places: dict[int, Tick], width: int) -> tuple[str, set[int]]:
    """Return labels below their columns, and the columns of those that found room."""
    row = ""
    shown: set[int] = set()
    for column, (_, label) in places.items():
        start = max(min(column - len(label) // 2, width - len(label)), 0)
        is_below = start <= column < start + len(label)
        if not is_below or start < len(row) + (_GAP if row else 0):
            continue
        row += " " * (start - len(row)) + label
        shown.add(column)
    return row, shown


def _unit(chart: Chart, view: View) -> tuple[float, str]:
    """Return how much one unit of the horizontal axis is and what it is called."""
    if chart.axis != "time":
        return 1.0, chart.x_label
    if view.x.high <= 120:
        return 1.0, "s"
    return (60.0, "min") if view.x.high <= 7200 else (3600.0, "h")


def _why_empty(chart: Chart, view: View) -> str:
    if view.num_not_finite:
        return "no value is finite"
    if any(curve.xs for curve in chart.curves):
        return "no value is above zero: nothing to show on a logarithmic axis"
    return chart.empty


def _sentence(text: str, width: int, height: int, style: DrawStyle) -> list[Line]:
    """Return a sentence in the middle of an empty picture."""
    words = textwrap.wrap(style.say(text), width)[: max(height, 0)]
    above = max((height - len(words)) // 2, 0)
    lines = [(Segment(line.center(width).rstrip(), style.dim),) for line in words]
    return [(Segment(""),)] * above + [cropped(line, width, style.ellipsis) for line in lines]
