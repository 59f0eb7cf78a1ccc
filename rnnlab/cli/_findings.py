"""Print the findings of `rnnlab inspect`, or write them to an SVG file."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.base.display import visible
from rnnlab.base.errors import BadInputError
from rnnlab.base.files import replace_text
from rnnlab.cli._charts import draw_style
from rnnlab.cli._output import console
from rnnlab.plots import DrawStyle, Finding, comparable, draw_picture

if TYPE_CHECKING:
    from rich.console import Console

_SIDE_BY_SIDE = 130
"""Minimum width of the terminal in columns for two findings side by side."""
_SVG_WIDTH = 100
_GAP = 4


def print_findings(findings: Sequence[Finding], *, is_ascii: bool) -> None:
    """Print findings; if they fit, the findings of two models side by side."""
    _print(console(), findings, draw_style(is_ascii=is_ascii))


def write_svg(findings: Sequence[Finding], file: Path) -> None:
    """Write findings as a picture; raise BadInputError if the file cannot be written."""
    from rich.console import Console

    width = _SVG_WIDTH if len(findings) == 1 else 2 * _SVG_WIDTH + _GAP
    out = Console(
        file=io.StringIO(), record=True, width=width, force_terminal=True,
        color_system="truecolor", markup=False, emoji=False, highlight=False,
    )  # fmt: skip
    _print(out, findings, DrawStyle())
    title = ", ".join(f"{finding.view} of {finding.run}" for finding in findings)
    try:
        replace_text(file, out.export_svg(title=title))
    except OSError as error:
        raise BadInputError(
            f"cannot write {file}: {error.strerror or error}", "choose another file"
        ) from None


def check_writable(file: Path) -> None:
    """Raise BadInputError if a file cannot be written; called before the slow computation."""
    folder = file.absolute().parent
    if file.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise BadInputError(
            f"cannot write {file}: its folder is missing or not writable", "choose another file"
        )


def _print(out: Console, findings: Sequence[Finding], style: DrawStyle) -> None:
    from rich.text import Text

    findings = comparable(findings)
    if len(findings) > 1 and out.width >= _SIDE_BY_SIDE:
        _print_beside(out, findings, style)
        return
    for finding in findings:
        out.print(Text(_heading(finding), style="bold"))
        for sentence in finding.says:
            out.print(Text(visible(sentence, newline=" ")))
        for picture in finding.pictures:
            out.print()
            out.print(Text.from_ansi(draw_picture(picture, out.width, style=style)))


def _print_beside(out: Console, findings: Sequence[Finding], style: DrawStyle) -> None:
    """Print a column per finding and a row per picture."""
    from rich.table import Table
    from rich.text import Text

    width = (out.width - _GAP * (len(findings) - 1)) // len(findings)
    grid = Table.grid(padding=(0, _GAP, 1, 0), pad_edge=False)
    for _ in findings:
        grid.add_column(width=width, no_wrap=False)
    grid.add_row(*(Text(_heading(finding), style="bold") for finding in findings))
    grid.add_row(*(Text("\n".join(visible(s) for s in finding.says)) for finding in findings))
    for row in zip_longest(*(finding.pictures for finding in findings)):
        drawn = ["" if p is None else draw_picture(p, width, style=style) for p in row]
        grid.add_row(*(Text.from_ansi(text, no_wrap=True) for text in drawn))
    out.print(grid)


def _heading(finding: Finding) -> str:
    return visible(f"{finding.run} at step {finding.step:,}: {finding.view}")
