"""Output of the verbs: data on standard output, messages on standard error."""

from __future__ import annotations

import json
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

import typer

from rnnlab.base.display import visible
from rnnlab.base.json_types import finite

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


def print_json(document: Any) -> None:
    """Print one JSON document in ASCII, which cannot contain control characters.

    Of a `StreamedList`, one item at a time is in memory.
    """
    for part in json.JSONEncoder(ensure_ascii=True, indent=2).iterencode(finite(document)):
        sys.stdout.write(part)
    typer.echo()


def print_rich(*renderables: RenderableType) -> None:
    """Print Rich renderables as wide as the terminal; without a terminal, 100 columns wide."""
    for renderable in renderables:
        console().print(renderable)


def console(*, stderr: bool = False) -> Console:
    """Return a Rich console that prints text literally: no markup, emoji codes or highlighting."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else shutil.get_terminal_size((100, 40)).columns
    return Console(file=stream, markup=False, emoji=False, highlight=False, width=width)


def talk(message: str) -> None:
    """Print a message to standard error, with control characters made visible."""
    typer.echo(_broken_between_words(visible(message), sys.stderr), err=True)


def say(text: str) -> None:
    """Print sentences to standard output, with control characters made visible."""
    typer.echo(_broken_between_words(visible(text), sys.stdout))


_COMMAND = re.compile("`[^`]*`")
_HELD = "\ue000"
"""Stands for a blank in a command while lines are broken."""


def _broken_between_words(text: str, stream: TextIO) -> str:
    """Return a text with lines that fit on the terminal; commands stay in one piece, to be copied.

    Without a terminal, return the text unchanged.
    """
    if not stream.isatty():
        return text
    width = shutil.get_terminal_size().columns
    held = _COMMAND.sub(lambda command: command[0].replace(" ", _HELD), text)
    lines = (
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
        for line in held.split("\n")
    )
    return "\n".join(lines).replace(_HELD, " ")


_GAP = 2
"""Blanks between the columns of a table."""


def table_width(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return the number of columns of the terminal that a table takes without broken lines."""
    from rich.cells import cell_len

    columns = zip(*[header, *rows], strict=True)
    widths = [max(cell_len(visible(cell, newline="⏎")) for cell in column) for column in columns]
    return sum(widths) + _GAP * (len(widths) - 1)


def print_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[str]
) -> None:
    """Print a plain table, with control characters made visible; `numeric` columns align right.

    A terminal without room breaks the cells of other columns, never names and numbers. Without a
    terminal, the table is as wide as its cells.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for name in header:
        title = Text(visible(name, newline="⏎"))
        table.add_column(
            title,
            justify="right" if name in numeric else "left",
            overflow="fold",
            no_wrap=name in ("name", header[0], *numeric),
        )
    for row in rows:
        table.add_row(*(Text(visible(cell, newline="⏎")) for cell in row))
    out = console()
    if not out.is_terminal:
        out.width = max(out.width, table_width(header, rows))
    out.print(table)


def print_wide_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[str]
) -> None:
    """Print a plain table; columns without room follow below, again next to the first column.

    Without a terminal, the table is in one piece, as wide as its cells.
    """
    out = console()
    start, width = 1, out.width if out.is_terminal else sys.maxsize

    def part(stop: int) -> tuple[list[str], list[list[str]]]:
        return [header[0], *header[start:stop]], [[row[0], *row[start:stop]] for row in rows]

    while start < len(header):
        fitting = (
            stop for stop in range(len(header), start, -1) if table_width(*part(stop)) <= width
        )
        stop = next(fitting, start + 1)
        if start > 1:
            typer.echo()
        print_table(*part(stop), numeric)
        start = stop
