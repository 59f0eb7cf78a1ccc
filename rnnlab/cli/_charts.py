"""The app's charts in a plain terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

import typer

from rnnlab import registry
from rnnlab.plots import Axis, DrawStyle, NamedHistory, draw
from rnnlab.runs.history import History
from rnnlab.runs.summary import RunSummary

DEFAULT_PLOTS = ("loss", "grad-norm")


def print_charts(
    summaries: Sequence[RunSummary],
    histories: Sequence[History],
    plots: Sequence[str] = ("loss",),
    *,
    is_ascii: bool = False,
    height: int = 16,
) -> None:
    """Print charts below each other, as wide as the terminal."""
    typer.echo(render_charts(summaries, histories, plots, is_ascii=is_ascii, height=height))


def render_charts(
    summaries: Sequence[RunSummary],
    histories: Sequence[History],
    plots: Sequence[str],
    *,
    axis: Axis = "step",
    is_ascii: bool = False,
    height: int = 16,
) -> str:
    """Return charts below each other, each `height` lines."""
    width = shutil.get_terminal_size((100, 40)).columns
    has_color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    style = DrawStyle(is_ascii=is_ascii or not _can_braille(), has_color=has_color)
    runs = [
        NamedHistory(summary.name, color, history, summary.clip)
        for color, (summary, history) in enumerate(zip(summaries, histories, strict=True))
    ]
    charts = [registry.load("plots", plot).chart(runs, axis) for plot in plots]
    return "\n".join(draw(chart, width, height, style=style) for chart in charts)


def _can_braille() -> bool:
    """Tell whether standard output can carry more than ASCII."""
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
