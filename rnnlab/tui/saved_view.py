"""What the app saves at its end: the view and the last prompt session."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.state.view_state import answers_file, save_view

if TYPE_CHECKING:
    from rnnlab.tui.state.lab_state import LabState


def save(state: LabState, pages: Iterable[BaseScreen], view_file: Path | None) -> None:
    """Save the view and the last prompt session in their files, unless no run is listed."""
    if not state.summaries:
        return
    from rnnlab.tui.state import saved_session

    for page in pages:
        page.keep_view()
    save_view(state.view_to_keep(), view_file)
    state.session.history.settle()
    saved_session.save(state.session, answers_file(view_file))


async def restore_session(state: LabState, view_file: Path | None) -> None:
    """Show the last prompt session, if its run still exists."""
    from rnnlab.tui.state import saved_session
    from rnnlab.tui.state.renames import new_names

    saved = await asyncio.to_thread(saved_session.read, answers_file(view_file))
    if saved is None:
        return
    run = new_names(state.summaries).get(saved.request.run, saved.request.run)
    if run in state.summaries:
        request = replace(saved.request, run=run)
        await state.session.recall(replace(saved, request=request))
