"""A chart as terminal text of an exact size: heading, picture and axes."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len

from rnnlab.base.cells import wrapped
from rnnlab.plots._canvas import picture
from rnnlab.plots._chart import Chart
from rnnlab.plots._ends import end_labels
from rnnlab.plots._legend import heading, pens_of
from rnnlab.plots._style import DrawStyle
from rnnlab.plots._text import Line, Segment, columns, cropped, paint
from rnnlab.plots._ticks import Tick, linear, logarithmic, unit_of
from rnnlab.plots._y_range import Span, View, view_of

_STYLE = DrawStyle()
_LEAST_WIDTH_FOR_SIDE = 24
_LEAST_HEIGHT_FOR_FLOOR = 7
_COLUMNS_A_TICK = 10
_ROWS_A_TICK = 4
_LEAST_TICKS = 4
_MOST_TICKS = 10
_GAP = 2
Marks = dict[int, tuple[str, str, int]]
"""Column -> sign, name and colour of the landmark there."""


class Drawing(NamedTuple):
    """A chart as lines, and the position of the picture in them."""

    lines: list[str]
    """As many lines as the requested height."""
    left: int
    """Columns to the left of the picture; 0 if there is no picture."""
    columns: int
    """Columns of the picture; 0 if there is no picture."""
    x: Span
    """Range of the x axis."""

    def place(self, column: int) -> float | None:
        """Return the x position of a column of the drawing; None outside the picture."""
        inside = column - self.left
        if not 0 <= inside < self.columns:
            return None
        return self.x.low + inside / max(self.columns - 1, 1) * (self.x.high - self.x.low)


def draw(
    chart: Chart,
    width: int,
    height: int,
    *,
    style: DrawStyle = _STYLE,
    has_whole_legend: bool = False,
) -> str:
    """Return a chart as exactly `height` lines of at most `width` columns.

    Parts that do not fit are omitted, the axes first. has_whole_legend: whether the legend has all
    curves; the result may then have more than `height` lines. Takes about 10 ms: cache the result.
    """
    lines = drawing(chart, width, height, style=style, has_whole_legend=has_whole_legend).lines
    return "\n".join(line if style.has_color else line.rstrip() for line in lines)


def drawing(
    chart: Chart,
    width: int,
    height: int,
    *,
    style: DrawStyle = _STYLE,
    has_whole_legend: bool = False,
) -> Drawing:
    """Return a chart like `draw`, with the position of its picture for the mouse."""
    width, height = max(width, 1), max(height, 1)
    view = view_of(chart, width)
    pens = pens_of(view, style)
    usual = max(height // 4, 1)
    most = max(usual, 1 + len(view.series) + len(view.marks)) if has_whole_legend else usual
    rows = heading(chart, view, pens, style, width=width, most_rows=most)
    height += max(len(rows) - usual, 0)
    num_floor_rows = 2 if height >= _LEAST_HEIGHT_FOR_FLOOR and view.series else 0
    picture_height = height - len(rows) - num_floor_rows
    if not view.series:
        rows += _sentence(_why_empty(chart, view), width, picture_height, style)
    lines = [paint(row, style, width) for row in rows]
    side_width = picture_width = 0
    if view.series and picture_height > 0:
        side = _side(chart, view, width, picture_height, style)
        side_width = cell_len(side[0].text)
        picture_width = width - side_width
        ends = end_labels(view, pens, (picture_width, picture_height), style)
        picture_width -= cell_len(ends[0].text)
        size = (picture_width, picture_height)
        body = picture(view, pens, size, style, has_labels=bool(ends[0].text))
        lines += [
            paint((left,), style, 0) + line + (paint((right,), style, 0) if right.text else "")
            for left, line, right in zip(side, body, ends, strict=True)
        ]
        if num_floor_rows:
            marks = _landmarks(chart, view, side_width, picture_width, style)
            named = dict.fromkeys(f"{sign} {name}" for sign, name, _ in marks.values())
            head = _with_names(rows[0], [*named], width, style)
            if head is not None:  # at the axis, the names of the signs would replace labels
                lines[0] = paint(head, style, width)
            signs = " · ".join(named) if head is None else ""
            floor = _floor(chart, view, (side_width, picture_width), marks, signs, style)
            lines += [paint(row, style, width) for row in floor]
    lines += [paint((), style, width)] * (height - len(lines))
    return Drawing(lines[:height], side_width, picture_width, view.x)


def _side(chart: Chart, view: View, width: int, height: int, style: DrawStyle) -> list[Segment]:
    """Return the y axis from top to bottom; empty if the width is needed for the picture."""
    least = min(max(height // _ROWS_A_TICK, _LEAST_TICKS), height)
    ticks = (logarithmic if chart.is_log else linear)(*view.y, max(height, 2), least=max(least, 2))
    labels: dict[int, str] = {}
    for position, label in ticks:
        labels.setdefault(view.y.cell(position, height, style.fineness[1]), label)
    label_width = max(map(len, labels.values()), default=0)
    if width < max(_LEAST_WIDTH_FOR_SIDE, 2 * label_width):
        return [Segment("")] * height
    signs = style.signs
    return [
        Segment(
            labels.get(row, "").rjust(label_width)
            + (signs.side_tick if row in labels else signs.side),
            style.dim,
        )
        for row in reversed(range(height))
    ]


def _with_names(row: Line, names: list[str], width: int, style: DrawStyle) -> Line | None:
    """Return a row with as many names at its right as fit; None if there is no room for any."""
    for num in range(len(names), 0, -1):
        note = style.printable(" · ".join(names[:num]))
        room = width - columns(row) - cell_len(note)
        if room >= _GAP:
            return (*row, Segment(" " * room + note, style.dim))
    return None


def _floor(
    chart: Chart, view: View, widths: tuple[int, int], marks: Marks, signs: str, style: DrawStyle
) -> tuple[Line, Line]:
    """Return the x axis and the row of its labels, with the unit at the right.

    widths: columns of the y axis and of the picture. signs: names of the marks, if they are not in
    the heading.
    """
    side_width, picture_width = widths
    unit_size, unit = unit_of(chart.axis, view.x.high)
    if chart.axis != "time":
        unit = chart.x_label
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
    names = [
        style.printable(" · ".join(filter(None, parts)))
        for parts in ((unit, chart.state, signs), (unit, chart.state), ())
    ]
    rows = [_row_of_labels(places, width - cell_len(n) - (_GAP if n else 0)) for n in names]
    # The names of the signs may not replace a label; the unit and the mode must leave two.
    num = len(rows[1][1])
    variant = 2 if num < 2 else int(len(rows[0][1]) < num)
    (row, shown), name = rows[variant], names[variant]
    row += " " * (width - len(row) - cell_len(name)) + name
    lines = style.signs
    corner = " " * (side_width - 1) + lines.corner if side_width else ""
    line: list[Segment] = [Segment(corner, style.dim)]
    for column in range(side_width, width):
        if column in marks:
            sign, _, color = marks[column]
            line.append(Segment(sign, style.color(color)))
        else:
            line.append(Segment(lines.floor_tick if column in shown else lines.floor, style.dim))
    return _joined(line), cropped((Segment(row, style.dim),), width, style.ellipsis)


def _landmarks(
    chart: Chart, view: View, side_width: int, picture_width: int, style: DrawStyle
) -> Marks:
    """Return the landmark in each column of the x axis that has one."""
    marks: Marks = {}
    for name, sign in style.landmark_signs.items():
        for mark in chart.landmarks:
            if mark.name == name and view.x.low <= mark.x <= view.x.high:
                column = side_width + view.x.cell(mark.x, picture_width, style.fineness[0])
                marks.setdefault(column, (sign, name, mark.color))
    return marks


def _joined(line: list[Segment]) -> Line:
    """Return a line with neighbours of one colour in one segment."""
    return tuple(
        Segment("".join(segment.text for segment in group), color)
        for color, group in groupby(line, lambda segment: segment.color)
    )


def _row_of_labels(places: dict[int, Tick], width: int) -> tuple[str, set[int]]:
    """Return the row of the labels that fit below their ticks, and the columns of their ticks."""
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


def _why_empty(chart: Chart, view: View) -> str:
    if view.num_not_finite:
        return "no value is finite"
    if any(curve.xs for curve in chart.curves):
        return "no value is above zero; switch off the log scale"
    return chart.empty


def _sentence(text: str, width: int, height: int, style: DrawStyle) -> list[Line]:
    """Return the lines of an empty picture with a sentence in the middle."""
    words = wrapped(style.printable(text), width)[: max(height, 0)]
    above = max((height - len(words)) // 2, 0)
    lines = [(Segment(line.center(width).rstrip(), style.dim),) for line in words]
    return [(Segment(""),)] * above + [cropped(line, width, style.ellipsis) for line in lines]
