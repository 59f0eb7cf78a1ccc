"""A drawn line of a chart as a strip of the screen."""

from __future__ import annotations

import re
from functools import lru_cache

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

_CODES = re.compile(r"(\x1b\[[\d;]*m)")
_RESETS = ("\x1b[0m", "\x1b[m")
_CONSOLE = Console(force_terminal=True, color_system="truecolor")


def strip_of(line: str) -> Strip:
    """Return a line with escape sequences for colours as a strip.

    A chart has few styles, each of which Rich parses once: parsing every line would take a third of
    the time of drawing the chart.
    """
    segments: list[Segment] = []
    codes = ""
    for place, part in enumerate(_CODES.split(line)):
        if place % 2:
            codes = "" if part in _RESETS else codes + part
        elif part:
            segments.append(Segment(part, _style_of(codes)))
    return Strip(segments)


@lru_cache(maxsize=256)
def _style_of(codes: str) -> Style | None:
    """Return the style of a text after some escape sequences."""
    return next(iter(Text.from_ansi(f"{codes}x", end="").render(_CONSOLE))).style
