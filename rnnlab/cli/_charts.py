"""Print charts to standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, repeat
from string import ascii_lowercase

from rnnlab.base import registry
from rnnlab.base.display import is_unicode
from rnnlab.base.errors import BadInputError
from rnnlab.cli._output import console
from rnnlab.plots import Axis, DrawStyle, NamedHistory, charts_of, draw
from rnnlab.runs.compare import by_unit
from rnnlab.runs.history import History
from rnnlab.runs.run import Family
from rnnlab.runs.summary import RunSummary

DEFAULT_PLOTS = ("loss", "grad-norm")


def runs_to_plot(
    summaries: Sequence[RunSummary],
    histories: Sequence[History],
    families: Sequence[Family | None] = (),
) -> list[NamedHistory]:
    """Return the runs of a command with colours and letters in the order of its names.

    The lab's letters are part of a user's view: the same command would not print the same charts.
    families: of each run, see `Run.family`; runs of the same family are drawn as their mean.
    """
    families = families or [None] * len(summaries)
    of_runs = zip(summaries, histories, families, strict=True)
    named = [NamedHistory.of(s, place, history, f) for place, (s, history, f) in enumerate(of_runs)]
    return [replace(n, letter=letter) for n, letter in zip(named, _letters(), strict=False)]


def _letters() -> Iterator[str]:
    """Yield a to z, then an empty string for every further run."""
    return chain(ascii_lowercase, repeat(""))


def print_charts(
    runs: Sequence[NamedHistory],
    plots: Sequence[str] = ("loss",),
    *,
    is_ascii: bool = False,
    axis: Axis = "step",
    height: int = 16,
) -> None:
    """Print charts one below the other, each `height` lines high and as wide as the terminal.

    If the losses of the runs differ in unit, a line above each of their charts names its runs.
    """
    from rich.text import Text

    out = console()
    style = draw_style(is_ascii=is_ascii)
    groups = by_unit(runs, [run.name for run in runs]).values()
    for plot in plots:
        charts = charts_of(plot, runs, axis)
        names = [f"\n{', '.join(group)}" for group in groups] if len(charts) > 1 else [""]
        for heading, chart in zip(names, charts, strict=True):
            if heading:
                out.print(heading)
            # Print through Rich, which reduces the colours to those of the terminal.
            out.print(Text.from_ansi(draw(chart, out.width, height, style=style)))


def parse_plots(text: str) -> tuple[str, ...]:
    """Return the plots that a user has named, separated by commas, each once.

    Raises BadInputError if there is none, and UnknownNameError for an unknown name.
    """
    names = dict.fromkeys(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise BadInputError("no chart is named", "write for example --charts loss,grad-norm")
    return tuple(registry.check("plots", name) for name in names)


def draw_style(*, is_ascii: bool) -> DrawStyle:
    """Return the glyphs and colours for standard output. is_ascii: whether to draw in ASCII."""
    has_braille = not is_ascii and is_unicode(sys.stdout.encoding)
    has_color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return DrawStyle("braille" if has_braille else "ascii", has_color=has_color)
