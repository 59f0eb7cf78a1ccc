"""A status line for a background task: runs it in a thread, shows its progress and its result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.message import Message
from textual.widgets import Static

from rnnlab.base.display import count, visible
from rnnlab.base.errors import RnnlabError, one_line

if TYPE_CHECKING:
    from rnnlab.corpora import Progress

_SHOWN_EVERY_S = 0.25


class _CancelledError(Exception):
    """The user has cancelled the background task."""


class BackgroundTask:
    """The progress of a task that runs in a thread, and whether it is cancelled."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.done, self.total = 0, 0
        self.is_cancelled = False

    def progress(self, done: int, total: int) -> None:
        """Record the progress. If the task is cancelled, raise an error that ends its thread."""
        if self.is_cancelled:
            raise _CancelledError
        self.done, self.total = done, total

    def __str__(self) -> str:
        """Return the progress as one line."""
        progress = f" {count(self.done)} of {count(self.total)}" if self.total else ""
        return f"{self.what}…{progress} (esc cancels)"


class TaskProgress(Static):
    """Runs one background task at a time, and shows its progress and its result."""

    @dataclass
    class Done(Message):
        """A background task has succeeded."""

        name: str
        """Name of the result, as given to `begin`."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self._background: BackgroundTask | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a task is running."""
        return self._background is not None

    def on_mount(self) -> None:
        """Show the progress at intervals."""
        self.set_interval(_SHOWN_EVERY_S, self._show)

    def on_unmount(self) -> None:
        """Cancel the task when the app closes: Python waits for its thread before exiting."""
        self.cancel()

    def begin(self, what: str, name: str, do: Callable[[Progress], str]) -> str:
        """Begin a task, unless another one is running.

        what: shown with the progress; name: name of the result; do: runs in a thread and returns
        the text to show. Return an empty string, or the error if another task is running.
        """
        if self._background is not None:
            return f"still {self._background.what}; press esc to cancel it"
        self._background = BackgroundTask(what)
        self._show()
        self.run_worker(self._run(self._background, name, do), name="task", group="task")
        return ""

    def cancel(self) -> None:
        """Cancel the task: its thread ends when it next reports progress."""
        if self._background is not None:
            self._background.is_cancelled = True

    async def _run(self, task: BackgroundTask, name: str, do: Callable[[Progress], str]) -> None:
        try:
            result = await asyncio.to_thread(do, task.progress)
        except RnnlabError as error:
            self._end(str(error), "bold red")
        except OSError as error:
            self._end(one_line(f"{task.what}: {error}"), "bold red")
        except _CancelledError:
            self._end(f"{task.what}: cancelled", "dim")
        else:
            self._end(result, "green")
            self.post_message(self.Done(name))

    def _show(self) -> None:
        if self._background is not None:
            self.update(Text(visible(str(self._background), newline=" "), "bold"))

    def _end(self, result: str, style: str) -> None:
        self._background = None
        self.update(Text(visible(result, newline=" "), style))
