"""Join the points of a curve to dots, and turn the dots into the characters of their cells.

A column of dots is one whole number, a bit for each dot, so that a vertical stroke is one
operation: a noisy curve of 200 points has thousands of dots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise

from rnnlab.plots._style import DrawStyle, Glyphs

Dot = tuple[int, int]
"""Column and row of a dot, from the bottom left of the picture."""
Cell = tuple[int, int]
"""Column and row of a character, from the bottom left of the picture."""
Range = tuple[float, float]
_BRAILLE = (0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08)
"""Bits of the braille dots: for both columns, from the bottom to the top."""
_BLOCKS = " ▖▘▌▗▄▚▙▝▞▀▛▐▟▜█"
"""Quarters of a cell: bits 1 and 2 are the lower and the upper left one, 4 and 8 the right ones."""


class Dots:
    """The dots of one curve in a picture."""

    def __init__(self, size: tuple[int, int], style: DrawStyle) -> None:
        """size: columns and rows of the picture, in characters."""
        self._size, self._style = size, style
        fine_x, fine_y = style.fineness
        self._last_column, self._last_row = fine_x * size[0] - 1, fine_y * size[1] - 1
        self._columns = [0] * (self._last_column + 1)

    def add(self, dots: Iterable[Dot]) -> None:
        """Add single dots."""
        for column, row in dots:
            self._columns[column] |= 1 << row

    def join(self, dots: Sequence[Dot]) -> None:
        """Add dots and the lines between neighbours."""
        self.add(dots[:1])
        for one, other in pairwise(dots):
            (x0, y0), (x1, y1) = (one, other) if one[0] <= other[0] else (other, one)
            if abs(y1 - y0) <= x1 - x0:
                self._flat_line(x0, y0, x1, y1)
            else:
                self._steep_line(x0, y0, x1, y1)

    def places(self, xs: Sequence[float], ys: Sequence[float], x: Range, y: Range) -> list[Dot]:
        """Return the dots at points; x, y: lowest and highest value of both axes."""
        columns = _on_axis(xs, *x, self._last_column)
        return [*zip(columns, _on_axis(ys, *y, self._last_row), strict=True)]

    def cells(self, dots: Iterable[Dot]) -> list[Cell]:
        """Return the cell of each dot."""
        fine_x, fine_y = self._style.fineness
        return [(column // fine_x, row // fine_y) for column, row in dots]

    def characters(self, marker: str) -> Iterator[tuple[Cell, str]]:
        """Yield the cells with dots, each with its character; marker: the character in ASCII."""
        fine_x, fine_y = self._style.fineness
        signs = _signs(self._style.glyphs) if not self._style.is_ascii else " " + marker
        in_cell = (1 << fine_y) - 1
        for column in range(self._size[0]):
            left, right = self._columns[fine_x * column], self._columns[fine_x * (column + 1) - 1]
            if fine_x == 1:
                right = 0
            row = 0
            while left or right:
                if bits := left & in_cell | (right & in_cell) << fine_y:
                    yield (column, row), signs[bits]
                left, right, row = left >> fine_y, right >> fine_y, row + 1

    def _flat_line(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Add a line with one dot per column."""
        columns, width, height = self._columns, max(x1 - x0, 1), y1 - y0
        for step in range(x1 - x0 + 1):
            columns[x0 + step] |= 1 << (y0 + step * height // width)

    def _steep_line(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Add a line with one dot per row: a stroke in each column."""
        width, height = x1 - x0, abs(y1 - y0)
        start = 0
        for step in range(width + 1):
            end = -(-(step + 1) * height // width) if step < width else height + 1
            first, last = start, end - 1
            low, high = (y0 + first, y0 + last) if y1 > y0 else (y0 - last, y0 - first)
            self._columns[x0 + step] |= (2 << high) - (1 << low)
            start = end


def _on_axis(values: Sequence[float], low: float, high: float, last: int) -> list[int]:
    """Return the dots of values on an axis, from 0 to `last`; see `Span.place`."""
    length = high - low
    return [
        min(max(int(0.5 + last * ((value - low) / length) + 1e-8), 0), last) for value in values
    ]


@cache
def _signs(glyphs: Glyphs) -> str:
    """Return the character for every combination of dots in a cell, the left column first."""
    if glyphs == "blocks":
        return _BLOCKS
    bits = [bit for column in _BRAILLE for bit in column]
    codes = range(1 << len(bits))
    return "".join(
        chr(0x2800 + sum(bit for place, bit in enumerate(bits) if code >> place & 1))
        for code in codes
    )
