"""Lines of coloured text, measured in terminal columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from rnnlab.base.palettes import Color
from rnnlab.plots._style import DrawStyle


class Segment(NamedTuple):
    """A part of a line in one colour, without control characters."""

    text: str
    color: Color | None = None


Line = tuple[Segment, ...]


def columns(line: Iterable[Segment]) -> int:
    """Return the width of a line in columns."""
    return sum(cell_len(segment.text) for segment in line)


def cropped(line: Line, width: int, ellipsis: str) -> Line:
    """Return a line of at most `width` columns; a truncated line ends with the ellipsis."""
    if columns(line) <= width:
        return line
    left = max(width - cell_len(ellipsis), 0)
    result: list[Segment] = []
    for text, color in line:
        if left <= 0:
            break
        result.append(Segment(text if cell_len(text) <= left else set_cell_size(text, left), color))
        left -= cell_len(text)
    color = result[-1].color if result else None
    return (*result, Segment(ellipsis[:width], color))


def paint(line: Line, style: DrawStyle, width: int) -> str:
    """Return a line as text with escape sequences; pad it to `width` if there is a background."""
    pad = " " * (width - columns(line))
    if not style.has_color:
        return "".join(segment.text for segment in line).rstrip()
    if style.background is None:
        return "".join(_escaped(text, color, None) for text, color in line)
    padded = (*line, Segment(pad))
    return "".join(_escaped(text, color, style.background) for text, color in padded)


def _escaped(text: str, color: Color | None, background: Color | None) -> str:
    codes = [
        f"{layer};2;{';'.join(map(str, rgb))}"
        for layer, rgb in ((48, background), (38, color))
        if rgb is not None
    ]
    return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if codes and text else text
