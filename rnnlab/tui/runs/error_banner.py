"""What is wrong with the chosen run and what to do about it, as long as it is chosen."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from rnnlab.base.display import visible
from rnnlab.runs.summary import RunSummary


class FaultLine(Static):
    """A few lines across the screen; none where nothing is wrong.

    A message in passing fades and the details have no room on most terminals: this one stays.
    """

    def __init__(self) -> None:
        super().__init__(id="fault", markup=False)
        self._shown = ""
        self.display = False

    def show(self, summary: RunSummary | None) -> None:
        """Show what is wrong with a run; written only when something differs."""
        said = "" if summary is None else fault_of(summary)
        if said != self._shown:
            self._shown = said
            self.update(Text(said))
            self.display = bool(said)


def fault_of(summary: RunSummary) -> str:
    """Return what is wrong with a run, in one line of plain text; empty where nothing is."""
    if summary.alarm:
        return visible(f"{summary.name} in trouble: {summary.alarm}", newline=" ")
    if summary.state in ("failed", "lost"):
        here = " (here: r)" if f"`rnnlab resume {summary.name}`" in summary.reason else ""
        return visible(f"{summary.name} {summary.state}: {summary.reason}{here}", newline=" ")
    return ""
