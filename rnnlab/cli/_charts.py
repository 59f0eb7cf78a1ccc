"""Print charts to standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from rnnlab.base import registry
from rnnlab.cli._output import console
from rnnlab.plots import Axis, DrawStyle, Glyphs, NamedHistory, draw
from rnnlab.runs.history import History
from rnnlab.runs.summary import RunSummary

DEFAULT_PLOTS = ("loss", "grad-norm")


def print_charts(
    summaries: Sequence[RunSummary],
    histories: Sequence[History],
    plots: Sequence[str] = ("loss",),
    *,
    is_ascii: bool = False,
    axis: Axis = "step",
    height: int = 16,
) -> None:
    """Print charts one below the other, each `height` lines high and as wide as the terminal."""
    from rich.text import Text

    out = console()
    glyphs: Glyphs = "ascii" if is_ascii or not _can_braille() else "braille"
    has_color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    style = DrawStyle(glyphs, has_color=has_color)
    runs = [
        NamedHistory.of(summary, color, history)
        for color, (summary, history) in enumerate(zip(summaries, histories, strict=True))
    ]
    for plot in plots:
        chart = registry.load("plots", plot).chart(runs, axis)
        # Print through Rich, which reduces the colours to those of the terminal.
        out.print(Text.from_ansi(draw(chart, out.width, height, style=style)))


def _can_braille() -> bool:
    """Return whether standard output has an encoding with braille: UTF-8 or another UTF."""
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
