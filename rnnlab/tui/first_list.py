"""The list of runs in the outline: the names are readable while the home screen is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.tui.runs.table import RunsTable
from rnnlab.tui.state.notifications import status_of
from rnnlab.tui.state.runs_state import RunsState

if TYPE_CHECKING:
    from pathlib import Path

    from rnnlab.base.preferences import Preferences
    from rnnlab.tui.outside.polling import RunsRead
    from rnnlab.tui.shell.outline import Outline
    from rnnlab.tui.state.view_state import ViewState


async def list_runs(
    outline: Outline, read: RunsRead, view: ViewState, preferences: Preferences, root: Path
) -> None:
    """List the runs as the home screen will; return once they are drawn.

    read: the first poll; root: the folder of runs.
    """
    runs = RunsState(view, preferences)
    runs.set_runs(read.summaries)
    table = RunsTable(runs)
    table.expect(view.chosen)
    table.show()
    await outline.fill(table, status_of(runs.summaries.values(), root))
