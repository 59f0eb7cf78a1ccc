"""The cells in which a line of a chart differs from the line before."""

from __future__ import annotations

from rich.style import Style
from textual.strip import Strip

_LEAST_GAP = 12
"""Least number of unchanged cells that are left out: a position and colours need more bytes than
fewer cells."""


def changed_spans(before: Strip, after: Strip) -> list[tuple[int, int]]:
    """Return the first column and the column after the last one of each part that has changed.

    The whole line has changed if its width has, or if a character is wider than a cell.
    """
    old, new = _cells(before), _cells(after)
    if old is None or new is None or len(old) != len(new):
        return [(0, max(before.cell_length, after.cell_length))]
    spans: list[tuple[int, int]] = []
    for column, (one, other) in enumerate(zip(old, new, strict=True)):
        if one is other or one == other:
            continue
        start = column
        if spans and column - spans[-1][1] < _LEAST_GAP:
            start, _ = spans.pop()
        spans.append((start, column + 1))
    return spans


def _cells(strip: Strip) -> list[tuple[str, Style | None]] | None:
    """Return character and style of each cell; None if a character is wider than a cell."""
    cells = [(character, segment.style) for segment in strip for character in segment.text]
    return cells if len(cells) == strip.cell_length else None
