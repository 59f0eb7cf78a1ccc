"""The dots of a band, sparse enough for the curves in front of them to be read."""

from __future__ import annotations

from math import ceil, floor

from rnnlab.plots._dots import Dot
from rnnlab.plots._style import DrawStyle
from rnnlab.plots._y_range import Series, View

_EVERY = 4
"""One of this number of points is a dot; in ASCII, with one point per cell, one of two."""


def band_dots(view: View, series: Series, size: tuple[int, int], style: DrawStyle) -> list[Dot]:
    """Return the dots; size: columns and rows of the picture, in cells."""
    last_x, last_y = (fine * cells - 1 for fine, cells in zip(style.fineness, size, strict=True))
    edges: dict[int, tuple[float, float]] = {}
    for part in series.parts:
        for x, y in zip(part.xs, part.ys, strict=True):
            column, height = round(view.x.share(x) * last_x), view.y.share(y) * last_y
            low, high = edges.get(column, (height, height))
            edges[column] = min(low, height), max(high, height)
    every, shift = (2, 1) if style.is_ascii else (_EVERY, 2)
    columns = sorted(edges)
    dots: list[Dot] = []
    ends = [*columns[1:], columns[-1] + 1] if columns else []
    for left, right in zip(columns, ends, strict=True):
        (low, high), (next_low, next_high) = edges[left], edges.get(right, edges[left])
        for column in range(left, right):
            share = (column - left) / (right - left)
            bottom = ceil(low + share * (next_low - low))
            top = floor(high + share * (next_high - high))
            dots += [
                (column, row)
                for row in range(bottom, top + 1)
                if (row + shift * column) % every == 0
            ]
    return dots
