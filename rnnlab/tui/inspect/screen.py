"""A screen that shows one view at a time, and its choices: view, checkpoint, unit, other run."""

from __future__ import annotations

from textual.widgets import Input

from rnnlab.runs.checkpoint import Name
from rnnlab.tui.charts.screen import ChartsScreen
from rnnlab.tui.inspect.findings import Findings
from rnnlab.tui.inspect.views import FIELDS, uses, view_names
from rnnlab.tui.shell.view_tabs import ViewTabs
from rnnlab.tui.state.lab_state import LabState


class InspectingScreen(ChartsScreen):
    """The screen that the actions of the inspect screen are called with."""

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.tabs = ViewTabs(view_names())
        self.page = self.plots = Findings(state)
        self.checkpoint: Name = "last"
        self.other: str | None = None
        """The run, or the checkpoint `run@step`, to compare with the chosen run; None for none."""
        self.units: tuple[str, ...] = ()

    def ask(self) -> None:
        """Ask the generator for the findings of the current view."""
        raise NotImplementedError

    def kept_steps(self) -> list[int]:
        """Return the steps of the chosen run's checkpoints on disk, ascending."""
        chosen = self.state.chosen_name
        return list(self.state.stored(chosen).steps) if chosen else []

    def choose(self, view: str) -> None:
        """Switch to a view and inspect."""
        self.tabs.choose(view)
        for name, _ in FIELDS:
            self.query_one(f"#inspect-{name}", Input).disabled = not uses(view, name)
        self.page.show_text("inspecting…")
        self.ask()
        self.page.focus()

    def turn(self, step: int) -> None:
        """Show the unit that is `step` positions further down the ranking."""
        if self.tabs.chosen != "neurons" or not self.units:
            self.toast("only the neurons view has ranked units; choose it first", "warning")
            return
        field = self.query_one("#inspect-unit", Input)
        here = self.units.index(field.value) if field.value in self.units else 0
        field.value = self.units[(here + step) % len(self.units)]
        self.ask()
