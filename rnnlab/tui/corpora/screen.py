"""A screen with the list of corpora, and a background task that adds one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.widget import Widget

from rnnlab.tui.corpora.table import CorporaTable
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.task_progress import TaskProgress
from rnnlab.tui.state.lab_state import LabState

if TYPE_CHECKING:
    from rnnlab.corpora import CorpusDescription, Progress


class CorporaListScreen(BaseScreen):
    """The screen that the actions on corpora are called with."""

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.table = CorporaTable()
        self.progress = TaskProgress("corpora-status")
        self.failed_answers: dict[str, str] = {}
        """Entries of the add form when adding failed; the form shows them again for correction."""

    async def refresh_list(self, go_to: str | None = None) -> None:
        """Read the list in a thread: the first time, the floors are computed."""
        described = await asyncio.to_thread(self.state.outside.describe_corpora, self.state.data)
        if self.is_attached:
            is_first = not self.table.row_count
            self.table.show(described, go_to or (self._first_of(described) if is_first else None))

    def _first_of(self, described: Sequence[CorpusDescription]) -> str | None:
        """Return the corpus to choose at first: that of the chosen run, else a local one."""
        names = [self.state.chosen.corpus] if self.state.chosen is not None else []
        names += [corpus.name for corpus in described if corpus.state == "here"]
        known = {corpus.name for corpus in described}
        return next((name for name in names if name in known), None)

    def forget_profiles(self) -> None:
        """Clear the profiles that a derived screen has cached."""

    def begin_task(self, what: str, name: str, do: Callable[[Progress], str]) -> None:
        """Begin a background task that adds the corpus `name`, unless another one is running."""
        if error := self.progress.begin(what, name, do):
            self.toast(error, "warning")

    @on(TaskProgress.Done)
    def show_new_corpus(self, message: TaskProgress.Done) -> None:
        """Read the list again, and move the cursor to the new corpus."""
        self.failed_answers = {}
        self.run_worker(self.refresh_list(message.name), name="list")

    def main_widget(self) -> Widget:
        """Return the list."""
        return self.table

    @property
    def is_task_running(self) -> bool:
        """Whether a corpus is being fetched or added."""
        return self.progress.is_busy

    def stop_task(self) -> bool:
        """Cancel the background task; return True if there was one."""
        was_busy = self.progress.is_busy
        if was_busy:
            self.progress.cancel()
        return was_busy
