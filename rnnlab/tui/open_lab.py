"""Open the lab in the terminal of this process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rnnlab.base.interrupts import Interruptible
from rnnlab.base.preferences import load_preferences
from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from rnnlab.tui.state.view_state import state_file
from rnnlab.tui.terminal import check_terminal, has_mouse


def open_lab(
    checkpoints: Path | None = None, data: Path | None = None, *, is_ascii: bool = False
) -> int:
    """Open the lab in this terminal; return the exit code."""
    check_terminal()
    preferences = load_preferences()
    if is_ascii:
        preferences = replace(preferences, glyphs="ascii")
    store = RunStore.default(checkpoints)
    lab = LabApp(
        store, data, preferences=preferences, view_file=state_file(store.root), has_outline=True
    )
    with Interruptible():  # the app restores the terminal
        lab.run(mouse=has_mouse())
    return lab.return_code or 0
