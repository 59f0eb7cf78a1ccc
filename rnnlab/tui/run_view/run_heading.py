"""The lines above the panes of a run: its state, progress and losses."""

from __future__ import annotations

from textual.widgets import Static

from rnnlab.runs.summary import RunSummary
from rnnlab.tui.run_view.texts import heading


class RunHeading(Static):
    """Show a run in as many lines as the width needs."""

    def __init__(self) -> None:
        super().__init__(id="run-heading", markup=False)
        self._run: RunSummary | None = None

    def show(self, run: RunSummary | None, instead: str = "") -> None:
        """Show a run; without one, a text instead."""
        self._run = run
        if run is None:
            self.update(instead)
        else:
            self.update(heading(run, self.content_size.width))

    def on_resize(self) -> None:
        """Lay the figures out again."""
        if self._run is not None:
            self.show(self._run)
