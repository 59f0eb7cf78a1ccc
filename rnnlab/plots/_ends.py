"""The values at the ends of the curves, in a column to the right of the picture."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from rnnlab.plots._canvas import Pen
from rnnlab.plots._style import DrawStyle
from rnnlab.plots._text import Segment
from rnnlab.plots._ticks import significant
from rnnlab.plots._y_range import Series, View

_LEAST_WIDTH, _LEAST_HEIGHT = 48, 5
"""Size of a picture from which the column has room."""


def end_labels(
    view: View, pens: Sequence[Pen], size: tuple[int, int], style: DrawStyle
) -> list[Segment]:
    """Return the column from top to bottom: each curve's last value at the height of its end.

    Empty segments if there is no room. Labels that would share a row move apart; those of the
    first curves stay if there are more curves than rows.
    """
    width, height = size
    labelled = [
        (series, pen)
        for series, pen in zip(view.series, pens, strict=True)
        if not series.curve.is_faint
    ][:height]
    if width < _LEAST_WIDTH or height < _LEAST_HEIGHT or not labelled:
        return [Segment("")] * height
    rows = _apart([_row(view, series, height, style) for series, _ in labelled], height)
    signs = [_sign(series, pen) for series, pen in labelled]
    sign_width = max(map(cell_len, signs))
    texts = [
        f" {sign.ljust(sign_width)}{_value(view, series)}"
        for sign, (series, _) in zip(signs, labelled, strict=True)
    ]
    text_width = max(map(len, texts))
    column = [Segment(" " * text_width)] * height
    for row, text, (series, _) in zip(rows, texts, labelled, strict=True):
        column[height - 1 - row] = Segment(text.ljust(text_width), style.color(series.curve.color))
    return column


def _row(view: View, series: Series, height: int, style: DrawStyle) -> int:
    inside = min(max(series.end[1], view.y.low), view.y.high)
    return view.y.cell(inside, height, style.fineness[1])


def _sign(series: Series, pen: Pen) -> str:
    return pen.mark if series.curve.style == "points" else pen.letter


def _value(view: View, series: Series) -> str:
    value = 10 ** series.end[1] if view.is_log else series.end[1]
    return significant(value, has_units=view.has_units)


def _apart(rows: Sequence[int], height: int) -> list[int]:
    """Return distinct rows in the same order, as close to the given ones as one pass finds."""
    order = sorted(range(len(rows)), key=lambda index: -rows[index])
    moved = list(rows)
    free = height - 1
    for index in order:
        moved[index] = free = min(moved[index], free)
        free -= 1
    free = 0
    for index in reversed(order):
        moved[index] = free = max(moved[index], free)
        free += 1
    return moved
