"""A table as terminal text; it shows the number of columns omitted because they do not fit."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from rnnlab.base.cells import shortened
from rnnlab.plots._figures import Table
from rnnlab.plots._style import DrawStyle
from rnnlab.plots._text import Segment, cropped, paint

_GAP = "  "


def draw_table(table: Table, width: int, height: int, style: DrawStyle) -> list[str]:
    """Return at most `height` lines: title, header and rows."""
    cells = [tuple(style.printable(cell) for cell in row) for row in (table.header, *table.rows)]
    widths = [max(cell_len(row[i]) for row in cells) for i in range(len(table.header))]
    spare = width - sum(widths[1:]) - len(_GAP) * (len(widths) - 1)
    widths[0] = max(min(widths[0], max(spare, 12)), 1)
    num_shown = len(widths)
    while num_shown > 1 and sum(widths[:num_shown]) + len(_GAP) * (num_shown - 1) > width:
        num_shown -= 1
    num_omitted = len(widths) - num_shown
    omitted = f"  +{num_omitted} columns" if num_omitted else ""
    title = (
        Segment(style.printable(table.title), style.foreground),
        Segment(omitted, style.dim),
    )
    lines = [paint(cropped(title, width, style.ellipsis), style, 0)]
    for number, row in enumerate(cells):
        first = set_cell_size(shortened(row[0], widths[0], style.ellipsis), widths[0])
        rest = [
            " " * (w - cell_len(c)) + c
            for c, w in zip(row[1:num_shown], widths[1:num_shown], strict=True)
        ]
        color = style.dim if number == 0 else style.foreground
        lines.append(paint((Segment(_GAP.join([first, *rest]), color),), style, 0))
    return lines[:height]
