"""Whether a run has newer weights than those that the distributions come from."""

from __future__ import annotations

from typing import cast

from rnnlab.runs.paths import Pointer
from rnnlab.runs.records import ACTIVE_STATES
from rnnlab.tui.state.lab_state import LabState


def newer_step(state: LabState, run: str, checkpoint: str, step: int | None) -> int | None:
    """Return the step of the newest weights of a kind; None if `step` is as new.

    checkpoint: `live`, `last`, `best` or a step, which never becomes older.
    """
    summary, opened = state.summaries.get(run), state.opened(run) if run else None
    if summary is None or opened is None or step is None:
        return None
    if checkpoint == "live" and summary.state in ACTIVE_STATES:
        newest: int | None = summary.step
    elif checkpoint in ("live", "last", "best"):
        pointer = "best" if checkpoint == "best" else "last"
        newest = opened.paths.read_pointer(cast(Pointer, pointer))
    else:
        return None
    return newest if newest is not None and newest > step else None
