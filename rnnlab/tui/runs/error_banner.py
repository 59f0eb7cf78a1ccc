"""The error of the chosen run and its remedy, shown while the run is chosen."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from rnnlab.base.display import visible
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.state.remedy import with_keys


class ErrorBanner(Static):
    """A few lines across the screen, hidden if the run has no error.

    Toasts disappear, and on most terminals the details are hidden; the banner stays.
    """

    def __init__(self) -> None:
        super().__init__(id="error-banner", markup=False)
        self._shown = ""
        self.display = False

    def show(self, summary: RunSummary | None) -> None:
        """Show the error of a run; update the text only if it has changed."""
        error = "" if summary is None else error_of(summary)
        if error != self._shown:
            self._shown = error
            self.update(Text(error))
            self.display = bool(error)


def error_of(summary: RunSummary) -> str:
    """Return the error of a run in one line of plain text; empty if it has none."""
    reason = with_keys(summary.alarm or summary.reason, summary.name)
    if summary.alarm:
        state = "in trouble" if summary.is_active else summary.state
        return visible(f"{summary.name} {state}: {reason}", newline=" ")
    if summary.state in ("failed", "lost"):
        return visible(f"{summary.name} {summary.state}: {reason}", newline=" ")
    return ""
