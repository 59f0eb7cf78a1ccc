"""The toy screen: the number of runs, and a counter."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.shell.actions import Action, Group, bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.state.lab_state import LabState


class Toy(VerticalScroll, can_focus=True):
    """A scrolling text."""


def _count(screen: ToyScreen) -> None:
    screen.num_counted += 1
    screen.show_state()


_TOY = Group["ToyScreen"]("Toy", (Action("Z", "count", _count, "Count", "Count one more", True),))


class ToyScreen(BaseScreen):
    """A text with two numbers."""

    GROUPS: ClassVar = (_TOY, SCREENS, EVERYWHERE)
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.num_counted = 0
        self._body = Static(markup=False)

    def compose_body(self) -> ComposeResult:
        """Yield the text."""
        with Toy(id="toy", classes="pane") as toy:
            toy.border_title = "Toy"
            yield self._body

    def main_widget(self) -> Widget:
        """Return the text, which scrolls."""
        return self.query_one(Toy)

    def show_state(self) -> None:
        """Show the numbers."""
        self._body.update(f"{len(self.state.summaries)} runs, {self.num_counted} counted")


SCREEN = Declaration(ToyScreen, go="z", title="Toy", help="Count the runs")
