"""A progress bar on standard error, if it is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING

from rnnlab.cli._output import console

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

AFTER_S = 0.3
"""Seconds before a bar is shown: a task that ends earlier does not import Rich's."""


class Bar:
    """The bar of one task; call it with the completed and the total amount."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._done, self._total = 0, 0
        self._shown: Progress | None = None
        self._task: TaskID | None = None
        self._is_over = False
        self._lock = Lock()  # a timer shows the bar from a thread of its own

    def __call__(self, done: int, total: int) -> None:
        with self._lock:
            self._done, self._total = min(done, total), total
            self._update()

    def begin(self, what: str) -> None:
        """Begin the next part of the task, whose total amount is not known yet."""
        with self._lock:
            self._what, self._done, self._total = what, 0, 0
            if self._shown is not None and self._task is not None:
                self._shown.remove_task(self._task)
                self._task = self._shown.add_task(what, total=None)

    def show(self) -> None:
        """Show the bar from now on, unless the task is over."""
        progress = _progress()
        with self._lock:
            if self._is_over:
                return
            self._shown = progress
            self._task = progress.add_task(self._what, total=None)
            self._update()
            progress.start()

    def close(self) -> None:
        """Remove the bar."""
        with self._lock:
            self._is_over = True
            if self._shown is not None:
                self._shown.stop()

    def _update(self) -> None:
        if self._shown is not None and self._task is not None and self._total:
            self._shown.update(self._task, completed=self._done, total=self._total)


@contextmanager
def progress_bar(what: str, after_s: float = AFTER_S) -> Iterator[Bar]:
    """Yield a bar with description, fraction, elapsed and remaining time.

    Until the first report of an amount, and for a task that never reports one, it only shows that
    the verb works. It vanishes at the end: print results after the `with` block. after_s: seconds
    before it is shown.
    """
    bar = Bar(what)
    timer = Timer(after_s, bar.show)
    timer.daemon = True
    if sys.stderr.isatty() and after_s:
        timer.start()
    elif sys.stderr.isatty():
        bar.show()
    try:
        yield bar
    finally:
        timer.cancel()
        bar.close()


def _progress() -> Progress:
    from rich.progress import (
        BarColumn,
        Progress,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    )
