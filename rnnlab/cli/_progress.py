"""A progress bar on standard error, if it is a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rnnlab.cli._output import console

if TYPE_CHECKING:
    from rnnlab.corpora import Progress


@contextmanager
def reading_bar(what: str) -> Iterator[Progress]:
    """Yield a function that draws a progress bar, given the completed and the total amount."""
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    out = console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=out,
        transient=True,
        disable=not out.is_terminal,
    )

    def show(done: int, total: int) -> None:
        if not bar.task_ids:  # no bar before the first report: some tasks never report
            bar.add_task(what, total=total)
        bar.update(bar.task_ids[0], completed=done, total=total)

    with bar:
        yield show
