"""The home screen: the runs, their charts, the prompt."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import DataTable

from rnnlab.tui.charts.actions import ORDER, SCALES, in_grid
from rnnlab.tui.charts.plot_grid import PlotGrid
from rnnlab.tui.charts.screen import GridScreen
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.messages import RunChosen
from rnnlab.tui.prompting.actions import CANDIDATES, PROMPTING, prompt
from rnnlab.tui.prompting.pane import PromptPane
from rnnlab.tui.prompting.screen import PromptingScreen
from rnnlab.tui.runs.actions import STEERING
from rnnlab.tui.runs.details import Details
from rnnlab.tui.runs.error_banner import ErrorBanner
from rnnlab.tui.runs.filter_dialog import FilterScreen
from rnnlab.tui.runs.table import RunsTable
from rnnlab.tui.shell.actions import Action, Group, bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.outline import HOME_PANES
from rnnlab.tui.shell.pane_actions import pane_group
from rnnlab.tui.state.lab_state import LabState
from rnnlab.tui.state.run_filter import SORTS


def _select(screen: LabScreen) -> None:
    screen.table.toggle_selection()


def _pin(screen: LabScreen) -> None:
    if screen.state.chosen is not None:
        name = screen.state.chosen.name
        is_pinned = screen.state.toggle_pin(name)
        screen.table.show()
        screen.toast(f"{name} is pinned to the top" if is_pinned else f"{name} is unpinned")


def _sort(screen: LabScreen) -> None:
    view, sorts = screen.state.view, list(SORTS)
    place = sorts.index(view.sort) if view.sort in sorts else -1
    view.sort, view.is_reversed = sorts[(place + 1) % len(sorts)], False
    screen.table.show()


def _reverse(screen: LabScreen) -> None:
    screen.state.view.is_reversed = not screen.state.view.is_reversed
    screen.table.show()


def _filter(screen: LabScreen) -> None:
    def set_filter(text: str) -> None:
        screen.state.view.filter = text.strip()
        screen.table.show()

    screen.app.push_screen(FilterScreen(screen.state.view.filter, set_filter))


def _down(screen: LabScreen) -> None:
    screen.table.action_cursor_down()


def _up(screen: LabScreen) -> None:
    screen.table.action_cursor_up()


_RUNS = Group["LabScreen"](
    "Runs",
    (
        Action(
            "enter", "prompt", prompt, "Prompt", "Write a prompt for the chosen run", True,
            is_priority=True,
        ),
        Action("space", "mark", _select, "Select", "Select the chosen run: overlay its curves"),
        Action("p", "pin", _pin, "Pin", "Pin the run to the top of the list, or unpin it"),
        Action(
            "o", "sort", _sort, "Sort",
            "Sort by the next key: age, name, val, train, step, speed, cell",
        ),
        Action("O", "reverse", _reverse, "Reverse", "Reverse the order of the runs"),
        Action(
            "slash", "filter", _filter, "Filter",
            "List only runs that match the words you enter", opens=True,
        ),
        Action("j", "down", _down, "Down", "Choose the next run"),
        Action("k", "up", _up, "Up", "Choose the previous run"),
    ),
    pane="runs",
)  # fmt: skip


class LabScreen(PromptingScreen, GridScreen):
    """Runs at the top, charts below them, then the prompt; details at the right of the charts."""

    PANES = HOME_PANES
    HAS_OWN_SINGLE = False
    GROUPS: ClassVar = (
        _RUNS, STEERING, ORDER, SCALES, in_grid("plots"), PROMPTING, CANDIDATES,
        pane_group(HOME_PANES), SCREENS, EVERYWHERE,
    )  # fmt: skip
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.table = RunsTable(state)
        self.plots = PlotGrid(state)
        self.details = Details()
        self.banner = ErrorBanner()
        self.pane = self.view = PromptPane(self.session)
        self.form, self.board, self.status = self.pane.form, self.pane.board, self.pane.status

    def compose_body(self) -> ComposeResult:
        """Yield the panes and the error banner."""
        yield self.table
        with Horizontal(id="upper", classes="panes"):
            yield self.plots
            yield self.details
        yield self.banner
        yield self.pane

    def on_mount(self) -> None:
        """Restore the view of the charts and focus the runs."""
        self.load_charts()
        if self.state.chosen_name:
            self.table.expect(self.state.chosen_name)
        self.table.focus()

    def show_state(self) -> None:
        """Show the current runs."""
        self.table.show()
        self.show_chosen()

    def on_screen_resume(self) -> None:
        """Show the run and the prompt that another screen has set."""
        chosen = self.state.chosen_name  # replacing the table's rows may change the chosen run
        super().on_screen_resume()
        if chosen is not None:
            self.table.expect(chosen)  # a new run is not listed yet
            self.table.show()
            self.state.chosen_name = chosen

    @on(RunChosen)
    def show_chosen(self) -> None:
        """Show the chosen run and the selected runs."""
        chosen = self.state.chosen
        self.banner.show(chosen)
        self.plots.show(self.state.named_histories())
        opened = self.state.opened(chosen.name) if chosen else None
        self.choose_run(chosen)
        self.pane.show_run(chosen)
        self.details.show(
            chosen,
            self.state.history(chosen.name) if chosen else None,
            opened.paths.read_pointer("last") if opened else None,
        )

    @on(DataTable.RowSelected)
    def prompt_row(self) -> None:
        """Go to the prompt after a second click on a run."""
        prompt(self)

    def main_widget(self) -> Widget:
        """Return the runs."""
        return self.table

    def widget_after_fields(self) -> Widget:
        """Return the candidate that was read last, or the table if there are no answers."""
        return self.board.reading_place() if self.session.answers else self.table

    def escape_label(self) -> str:
        """Return the footer's label of escape; empty in the table, where it has no effect."""
        out = super().escape_label()
        return out if out != "Home" else "" if self.focused is self.table else "Runs"

    def leave(self) -> None:
        """Remove the cursor of the charts; if there is none, focus the runs."""
        if not (self.has_focus_in("plots") and self.plots.drop_cursor()):
            self.set_focus(self.table)


SCREEN = Declaration(
    LabScreen,
    key="f2",
    title="Lab",
    help="Home screen: runs, charts and prompt",
)
