"""Texts about changes of the runs, shown on any screen; pure functions, tested without a screen."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from rnnlab.base.display import visible
from rnnlab.runs.alerts import alert_of
from rnnlab.tui.state.remedy import with_keys

if TYPE_CHECKING:
    from rnnlab.runs.summary import RunSummary


class Notice(NamedTuple):
    """A toast about a run, shown on any screen."""

    message: str
    severity: Literal["information", "error"] = "information"
    timeout_s: float = 4.0
    is_alert: bool = False
    """Whether the terminal also alerts its user."""


def status_of(runs: Collection[RunSummary], root: Path) -> str:
    """Return one line: how many runs are in each state, and how many the folder holds."""
    states = [run.state for run in runs]
    parts = [f"{states.count('starting') + states.count('running')} training"]
    parts += [f"{states.count(state)} {state}" for state in ("paused", "queued") if state in states]
    shipped = sum(run.is_shipped for run in runs)
    own = len(runs) - shipped
    parts.append(f"{own} run{'s' * (own != 1)} in {visible(str(root), newline=' ')}")
    return ", ".join(parts) + (f" and {shipped} shipped" if shipped else "")


def notice_of(before: RunSummary, now: RunSummary) -> Notice | None:
    """Return the notification of a run's new alarm or state; None if nothing changed."""
    if message := alert_of(before, now):
        message = with_keys(message, now.name, place=" in the lab")
        is_error = bool(now.alarm) or now.state in ("failed", "lost")
        return Notice(message, "error", 10.0, True) if is_error else Notice(message, is_alert=True)
    if before.state != now.state and now.state in ("stopped", "paused"):
        return Notice(f"{now.name} is {now.state}")
    return None
