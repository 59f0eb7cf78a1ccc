"""A progress bar on standard error, if it is a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rnnlab.cli._output import console

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """The bar of one task; call it with the completed and the total amount."""

    def __init__(self, progress: Progress, what: str) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=None)

    def __call__(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=min(done, total), total=total)

    def begin(self, what: str) -> None:
        """Begin the next part of the task, whose total amount is not known yet."""
        self._progress.remove_task(self._task)
        self._task = self._progress.add_task(what, total=None)


@contextmanager
def progress_bar(what: str) -> Iterator[Bar]:
    """Yield a bar with description, fraction, elapsed and remaining time.

    Until the first report of an amount, and for a task that never reports one, it only shows that
    the verb works. It vanishes at the end: print results after the `with` block.
    """
    from rich.progress import (
        BarColumn,
        Progress,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    out = console(stderr=True)
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=out,
        transient=True,
        disable=not out.is_terminal,
    )
    with progress:
        yield Bar(progress, what)
