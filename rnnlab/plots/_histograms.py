"""Histograms as terminal text: small pictures side by side, with a bar per bin."""

from __future__ import annotations

from rnnlab.base.cells import to_left
from rnnlab.plots._figures import Distribution, Histograms
from rnnlab.plots._style import DrawStyle
from rnnlab.plots._text import Segment, cropped, paint
from rnnlab.plots._ticks import brief

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_LEAST_ROWS, _MOST_ROWS = 2, 6
_GAP = 3
_LEAST_TILE = 24


def draw_histograms(histograms: Histograms, width: int, height: int, style: DrawStyle) -> list[str]:
    """Return at most `height` lines; in each histogram, the highest bar has the full height."""
    shown = histograms.distributions
    title = Segment(style.printable(histograms.title), style.foreground)
    lines = [paint(cropped((title,), width, style.ellipsis), style, 0)]
    if not shown:
        return lines
    caption = max(len(style.printable(f"{one.name} {one.note}")) for one in shown)
    bins = max(len(one.shares) for one in shown)
    tile = min(max(_LEAST_TILE, caption, bins), width)
    per_row = max(1, (width + _GAP) // (tile + _GAP))
    num_rows = -(-len(shown) // per_row)
    rows = min(max((height - 1) // num_rows - 2, _LEAST_ROWS), _MOST_ROWS)
    for begin in range(0, len(shown), per_row):
        tiles = [_tile(one, histograms, tile, rows, style, begin + i) for i, one in
                 enumerate(shown[begin : begin + per_row])]  # fmt: skip
        lines += [(" " * _GAP).join(parts) for parts in zip(*tiles, strict=True)]
    return lines[:height]


def _tile(
    one: Distribution, of: Histograms, width: int, rows: int, style: DrawStyle, color: int
) -> list[str]:
    """Return the lines of one histogram, all of the same width."""
    bar = max(1, width // max(len(one.shares), 1))
    highest = max(one.shares, default=0.0) or 1.0
    lines = []
    name = to_left(style.printable(f"{one.name} {one.note}"), width)
    lines.append(paint((Segment(name, style.foreground),), style, 0))
    for row in reversed(range(rows)):
        text = "".join(_bar(share / highest * rows - row, style) * bar for share in one.shares)
        lines.append(paint((Segment(to_left(text, width), style.color(color)),), style, 0))
    low, high = brief(of.low), brief(of.high)
    size = bar * len(one.shares)
    axis = to_left(low + " " * (size - len(low) - len(high)) + high, width)
    lines.append(paint((Segment(axis, style.dim),), style, 0))
    return _padded(lines, width, style)


def _bar(height: float, style: DrawStyle) -> str:
    """Return the block character that fills a fraction (0 to 1) of a row."""
    if style.is_ascii:
        return "#" if height >= 0.5 else "." if height > 0 else " "
    # A bin that is not empty must be visible: draw at least an eighth.
    eighths = max(round(min(height, 1.0) * 8), 1) if height > 0 else 0
    return _EIGHTHS[eighths]


def _padded(lines: list[str], width: int, style: DrawStyle) -> list[str]:
    """Return lines of the same width; without colours, `paint` has removed trailing spaces."""
    return lines if style.has_color else [to_left(line, width) for line in lines]
