"""The values at the ends of the curves, in a column to the right of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from statistics import fmean

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

    The segments are empty if the chart is too small. Labels that would share a row move apart, the
    larger value above; if there are more curves than rows, the first curves have labels.
    """
    width, height = size
    labelled = [
        (series, pen)
        for series, pen in zip(view.series, pens, strict=True)
        if not series.curve.is_faint
    ][:height]
    if width < _LEAST_WIDTH or height < _LEAST_HEIGHT or not labelled:
        return [Segment("")] * height
    rows = _rows(view, [series for series, _ in labelled], height, style)
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


def _rows(view: View, series: Sequence[Series], height: int, style: DrawStyle) -> list[int]:
    """Return distinct rows, counted from the lowest, in the order of the last values."""
    heights = [one.end[1] for one in series]
    order = sorted(range(len(series)), key=lambda index: (heights[index], -index))
    places = [
        view.y.place(min(max(heights[index], view.y.low), view.y.high), height, style.fineness[1])
        for index in order
    ]
    rows = [0] * len(series)
    for index, row in zip(order, _apart(places, height), strict=True):
        rows[index] = row
    return rows


def _sign(series: Series, pen: Pen) -> str:
    return pen.mark if series.curve.style == "points" else pen.letter


def _value(view: View, series: Series) -> str:
    value = 10 ** series.end[1] if view.is_log else series.end[1]
    return significant(value, has_units=view.has_units)


def _apart(places: Sequence[float], height: int) -> list[int]:
    """Return distinct rows as near as possible to ascending places; at most `height` places.

    The labels that touch each other are a block, which is where its labels are on average.
    """
    blocks: list[list[float]] = []
    for index, place in enumerate(places):
        block = [place - index]  # the lowest row of the block, as this label would have it
        while blocks and fmean(blocks[-1]) > fmean(block):
            block = blocks.pop() + block
        blocks.append(block)
    lowest = [floor(fmean(block)) for block in blocks for _ in block]
    highest = height - len(places)
    return [min(max(row, 0), highest) + index for index, row in enumerate(lowest)]
