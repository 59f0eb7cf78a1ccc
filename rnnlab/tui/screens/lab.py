"""The home screen: the runs, their charts, the prompt."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import DataTable

from rnnlab.base.names import first_of
from rnnlab.tui.charts.actions import ORDER, SCALES, in_grid
from rnnlab.tui.charts.plot_grid import PlotGrid
from rnnlab.tui.charts.screen import GridScreen
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.messages import RunChosen
from rnnlab.tui.prompting.actions import CANDIDATES, PAGES, PROMPTING
from rnnlab.tui.prompting.pane import PromptPane
from rnnlab.tui.prompting.screen import PromptingScreen
from rnnlab.tui.runs.actions import SELECTION, STEERING
from rnnlab.tui.runs.columns import default_columns
from rnnlab.tui.runs.columns_dialog import ColumnsScreen
from rnnlab.tui.runs.details import Details
from rnnlab.tui.runs.error_banner import ErrorBanner
from rnnlab.tui.runs.filter_dialog import FilterScreen
from rnnlab.tui.runs.keeping import KEEPING
from rnnlab.tui.runs.table import RunsTable
from rnnlab.tui.shell.actions import Action, Group, bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.outline import HOME_PANES
from rnnlab.tui.shell.pane_actions import pane_group
from rnnlab.tui.state.lab_state import LabState

_HIGH = 30
"""Rows of a terminal on which all panes have room."""
_ABOVE_AND_BELOW = 2
"""Rows of the screen bar and of the footer."""
_ABOVE_RUNS, _LEAST_RUNS, _MOST_RUNS = 2, 3, 0.3
"""Rows of the list besides its runs, its least rows, and its largest fraction of the terminal."""
_LEAST_CHARTS = 5
"""Least rows of the charts: their title, a legend, and a chart of three rows."""


def _open_run(screen: LabScreen) -> None:
    screen.open_screen("run")


def _select(screen: LabScreen) -> None:
    screen.table.toggle_selection()


def _pin(screen: LabScreen) -> None:
    """Pin the selected runs or the chosen one; unpin them if all are pinned."""
    state = screen.state
    names = [summary.name for summary in screen.targets()]
    is_pinned = state.toggle_pins(names)
    screen.table.show()
    what = first_of(names, 1) if len(names) < 2 else f"{len(names)} runs"
    if names:
        verb = "is" if len(names) == 1 else "are"
        screen.toast(f"{what} {verb} {'pinned to the top' if is_pinned else 'unpinned'}")


def _sort(screen: LabScreen) -> None:
    screen.table.next_sort()


def _reverse(screen: LabScreen) -> None:
    screen.state.view.is_reversed = not screen.state.view.is_reversed
    screen.table.show()


def _filter(screen: LabScreen) -> None:
    def set_filter(text: str) -> str:
        screen.state.view.filter = text
        screen.table.show()
        return f"{len(screen.state.in_order())} of {len(screen.state.summaries)} runs"

    screen.app.push_screen(FilterScreen(screen.state.view.filter, set_filter))


def _columns(screen: LabScreen) -> None:
    def set_columns(names: list[str]) -> None:
        screen.state.view.columns = names
        screen.table.show()

    defaults = default_columns(screen.state.summaries.values())
    screen.app.push_screen(ColumnsScreen(screen.state.view.columns, defaults, set_columns))


def _down(screen: LabScreen) -> None:
    screen.table.action_cursor_down()


def _up(screen: LabScreen) -> None:
    screen.table.action_cursor_up()


_RUNS = Group["LabScreen"](
    "Runs",
    (
        Action(
            "enter", "run-view", _open_run, "Open",
            "Open the run: settings, checkpoints, log", True, is_priority=True, opens=True,
        ),
        Action(
            "space", "mark", _select, "Select",
            "Select the chosen run: actions apply to it, its curves are overlaid",
        ),
        Action("P", "pin", _pin, "Pin", "Pin the run to the top of the list, or unpin it"),
        Action(
            "o", "sort", _sort, "Sort", "Sort by the next key: newest, name, then each column",
        ),
        Action("O", "reverse", _reverse, "Reverse", "Reverse the order of the runs"),
        Action(
            "slash", "filter", _filter, "Filter",
            "List only runs that match words and figures, such as val<1", opens=True,
        ),
        Action(
            "C", "columns", _columns, "Columns", "Choose the columns and their order", opens=True,
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
        _RUNS, STEERING, KEEPING, SELECTION, ORDER, SCALES, in_grid("plots"), PROMPTING, PAGES,
        CANDIDATES, pane_group(HOME_PANES), SCREENS, EVERYWHERE,
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

    def has_room_for(self, pane: str) -> bool:
        """Return False for the charts if the other panes leave them less than the least chart."""
        if pane != "plots" or self.app.size.height >= _HIGH:
            return True
        others = _ABOVE_AND_BELOW
        if self.panes.is_shown("runs"):
            runs = min(self.table.row_count + _ABOVE_RUNS, int(self.app.size.height * _MOST_RUNS))
            others += max(runs, _LEAST_RUNS)
        if self.panes.is_shown("prompt-pane"):
            others += self.pane.num_low_rows
        return self.app.size.height - others >= _LEAST_CHARTS

    @on(PromptPane.Fitted)
    def fit_charts(self) -> None:
        """Hide the charts while the answers leave them no room, and show them again."""
        if self.app.size.height < _HIGH:
            self.panes.apply()

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

    def resumed(self) -> None:
        """Show the run and the prompt that another screen has set."""
        chosen = self.state.chosen_name  # replacing the table's rows may change the chosen run
        super().resumed()
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
        self.choose_run(chosen)
        self.pane.show_run(chosen)
        self.details.show(
            chosen,
            self.state.history(chosen.name) if chosen else None,
            self.state.stored(chosen.name).last if chosen else None,
        )

    @on(DataTable.RowSelected)
    def prompt_row(self) -> None:
        """Open the run after a second click on it."""
        _open_run(self)

    def main_widget(self) -> Widget:
        """Return the runs."""
        return self.table

    def widget_after_fields(self) -> Widget:
        """Return the candidate that was read last, or the table if there are no answers."""
        return self.board.reading_place() if self.session.answers else self.table

    def escape_label(self) -> str:
        """Return the footer's label of escape; empty in the table, where it has no effect."""
        if self._is_filtered_list:
            return "All runs"
        out = super().escape_label()
        return out if out != "Lab" else "" if self.focused is self.table else "Runs"

    @property
    def _is_filtered_list(self) -> bool:
        """Whether the focus is in the list, no task is running and a filter hides runs."""
        is_in_list = self.focused is self.table and not self.is_task_running
        return is_in_list and bool(self.state.view.filter)

    def out(self) -> None:
        """Handle escape: in a filtered list, remove the filter first."""
        if self._is_filtered_list:
            self.table.clear_filter()
        else:
            super().out()

    def leave(self) -> None:
        """Remove the cursor of the charts; if there is none, focus the runs."""
        if not (self.has_focus_in("plots") and self.plots.drop_cursor()):
            self.set_focus(self.table)


SCREEN = Declaration(
    LabScreen,
    key="f2",
    go="l",
    title="Lab",
    help="Home screen: runs, charts and prompt",
)
