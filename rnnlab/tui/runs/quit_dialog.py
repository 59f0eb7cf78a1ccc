"""The dialog that asks what becomes of the runs in training when the lab closes."""

from __future__ import annotations

from rnnlab.base.names import first_of
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from rnnlab.tui.state.runs_state import RunsState

_MOST_NAMED = 5
"""Maximum number of runs that the question names: the question must fit above its buttons."""


class QuitScreen(ChoiceScreen):
    """Names the runs that are training or queued, and follows them while it is open."""

    def __init__(self, state: RunsState) -> None:
        self._state = state
        self.names = active_runs(state)
        """The runs that the question is about; "stop" applies to all of them and to no other."""
        answers = [("leave", "Leave running"), ("stop", "Save and stop"), ("cancel", "Cancel")]
        super().__init__(_question(self.names), answers)

    def show_state(self) -> None:
        """Name other runs if some have ended or started meanwhile."""
        names = active_runs(self._state)
        if names != self.names:
            self.names = names
            self.tell(_question(names))


def active_runs(state: RunsState) -> list[str]:
    """Return the names of the runs that are training or queued."""
    states = ("running", "starting", "queued")
    return [s.name for s in state.summaries.values() if s.state in states]


def _question(names: list[str]) -> str:
    if not names:
        return "No run is training any more."
    return f"{first_of(names, _MOST_NAMED)}: training continues after the lab closes."
