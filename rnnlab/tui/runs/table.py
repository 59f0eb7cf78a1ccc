"""The table of the runs, a row per run, updated at every poll."""

from __future__ import annotations

from typing import Self

from rich.text import Text
from textual import events
from textual.coordinate import Coordinate
from textual.geometry import Region
from textual.widgets import DataTable

from rnnlab.base.display import count, duration, loss, shortened, sparkline, visible
from rnnlab.runs.records import State
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.messages import RunChosen
from rnnlab.tui.shell.row_list import RowList
from rnnlab.tui.state.lab_state import LabState

STATE_MARKS: dict[State, tuple[str, str]] = {
    "queued": ("◌", "dim"),
    "starting": ("◔", "yellow"),
    "running": ("●", "green"),
    "paused": ("‖", "yellow"),
    "finished": ("✓", "dim"),
    "stopped": ("■", "dim"),
    "failed": ("✗", "bold red"),
    "lost": ("?", "bold red"),
}
TROUBLE_MARK = ("!", "bold red")
"""Mark of a running run that has an alarm."""

_COLUMNS = (
    # name, width in characters; on a narrow terminal, the last columns are hidden
    ("run", 18),
    ("train", 6),
    ("val", 6),
    ("step", 7),
    ("left", 6),
    ("tok/s", 6),
    ("cell", 5),
    ("trend", 12),
)
_PADDING = 2
_SORT_OF = {"run": "name", "train": "train", "val": "val", "step": "step", "left": "newest",
            "tok/s": "speed", "cell": "cell", "trend": "newest"}  # fmt: skip
"""The sort key of each column, used when its header is clicked."""

_NAME = 14
_SHIPPED = " shipped"
_NO_RUNS = "press n to start a run"


class RunsTable(RowList):
    """A table whose cursor stays on the same run when the rows change."""

    BORDER_TITLE = "Runs"
    _is_filling = False

    def __init__(self, state: LabState) -> None:
        super().__init__("runs")
        self._state = state
        self._summaries: dict[str, RunSummary] = {}
        self._columns: tuple[str, ...] = ()
        self._cells: dict[tuple[str, str], Text] = {}
        self._expected: str | None = None
        self._posted: str | None = None
        """The run that this table chose last; another screen may have chosen another one since."""
        self._hidden: str | None = None
        """Run that was chosen before the filter hid all runs; chosen again when it reappears."""

    @property
    def chosen(self) -> RunSummary | None:
        """The run under the cursor."""
        if not self.row_count:
            return None
        key = self.coordinate_to_cell_key(self.cursor_coordinate).row_key
        return self._summaries.get(str(key.value))

    def expect(self, name: str) -> None:
        """Move the cursor to a run as soon as it is listed."""
        self._expected = name

    def choose(self, name: str) -> None:
        """Move the cursor to a run, if it is listed."""
        if name in self._summaries:
            self.move_cursor(row=self.get_row_index(name), animate=False)

    def toggle_selection(self) -> None:
        """Select the chosen run, or deselect it."""
        if self.chosen is not None:
            name, marked = self.chosen.name, self._state.selected
            others = tuple(other for other in marked if other != name)
            self._state.selected = others if name in marked else (*marked, name)
            self._fill()
            self._post_choice()

    def show(self) -> None:
        """Show the runs of the state in their order; update only the cells that have changed."""
        if self._state.chosen_name not in (None, self._posted):
            self._expected = self._state.chosen_name
        rows = self._state.in_order()
        self._update_title(len(rows))
        names = [summary.name for summary in rows]
        has_same_rows = names == [str(row.key.value) for row in self.ordered_rows]
        self._summaries = {summary.name: summary for summary in rows}
        if not has_same_rows:
            self._rebuild()
        else:
            self._fill()
        if self._expected in self._summaries:
            self.choose(self._expected)
            self._expected = None

    def on_resize(self, event: events.Resize) -> None:
        """Show as many columns as fit."""
        if self._fitting() != self._columns:
            self._rebuild()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Choose the run under the cursor."""
        event.stop()
        self._hidden = None
        self._post_choice()

    def _post_choice(self) -> None:
        chosen = self.chosen
        self._posted = self._state.chosen_name = chosen.name if chosen is not None else None
        self.post_message(RunChosen())

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the clicked column; a second click reverses the order."""
        event.stop()
        sort = _SORT_OF.get(str(event.column_key.value), "name")
        view = self._state.view
        view.is_reversed = view.sort == sort and not view.is_reversed
        view.sort = sort
        self.show()

    def _update_title(self, num_shown: int) -> None:
        """Show in the title the number of runs, the sort key and the filter.

        The hint for an empty list is in the title, too: a low screen has no lower border.
        """
        view, total = self._state.view, len(self._state.summaries)
        parts = ["Runs" if num_shown == total else f"Runs {num_shown} of {total}"]
        if view.sort != "newest" or view.is_reversed:
            parts.append(f"by {view.sort}{' ↑' if view.is_reversed else ''}")
        if view.filter:
            parts.append(f"/{visible(view.filter, newline=' ')}")
        title = Text(" · ".join(parts) if total or not self._state.has_read else _NO_RUNS).markup
        hint = "press /, then esc to list all" if total and not num_shown else ""
        # Setting a title repaints the whole table, even if it has not changed.
        if title != self.border_title:
            self.border_title = title
        if hint != (self.border_subtitle or ""):
            self.border_subtitle = hint

    def _fitting(self) -> tuple[str, ...]:
        room = self.content_size.width
        fitting: list[str] = []
        for name, width in _COLUMNS:
            room -= width + _PADDING
            if room >= 0 or not fitting:
                fitting.append(name)
        return tuple(fitting)

    def _rebuild(self) -> None:
        """Replace all columns and rows; keep the cursor on its run."""
        name_to_choose = self.chosen.name if self.chosen is not None else self._hidden
        if not self._summaries:
            self._hidden = self._hidden or self._state.chosen_name
        with self.prevent(DataTable.RowHighlighted):
            self.clear(columns=True)
            self._cells.clear()
            self._columns = self._fitting()
            widths = dict(_COLUMNS)
            for name in self._columns:
                self.add_column(name, key=name, width=widths[name])
            for summary in self._summaries.values():
                cells = [self._cell(summary, column) for column in self._columns]
                self.add_row(*cells, key=summary.name)
                for column, cell in zip(self._columns, cells, strict=True):
                    self._cells[summary.name, column] = cell
            if name_to_choose in self._summaries:
                self.choose(name_to_choose)
        self._post_choice()

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Repaint, but not the whole table during `_fill`, which repaints the changed cells."""
        if self._is_filling and not regions and not layout and not recompose:
            return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _fill(self) -> None:
        self._is_filling = True
        try:
            self._write_cells()
        finally:
            self._is_filling = False

    def _write_cells(self) -> None:
        for row, summary in enumerate(self._summaries.values()):
            for place, column in enumerate(self._columns):
                cell = self._cell(summary, column)
                previous = self._cells.get((summary.name, column))
                if previous is None or (previous.plain, previous.spans) != (cell.plain, cell.spans):
                    self._cells[summary.name, column] = cell
                    self.update_cell(summary.name, column, cell)
                    self.refresh_coordinate(Coordinate(row, place))

    def _cell(self, s: RunSummary, column: str) -> Text:
        match column:
            case "run":
                mark, style = TROUBLE_MARK if s.alarm else STATE_MARKS[s.state]
                palette = self._state.appearance.palette
                r, g, b = palette[self._state.color_of(s.name) % len(palette)]
                flag = "◆" if s.name in self._state.selected else "▎"
                pin = "^" if s.name in self._state.view.pinned else " "
                name = shortened(s.name, _NAME)
                cell = Text.assemble((flag, f"rgb({r},{g},{b})"), (mark, style), pin, name)
                return cell.append(_SHIPPED, "dim") if _has_shipped_label(s) else cell
            case "train":
                place = f"no. {s.queue_place}" if s.queue_place else ""
                return _right(place or loss(s.train_loss)[:6], 6)
            case "val":
                return _right(loss(s.val_loss)[:6], 6)
            case "step":
                return _right(count(s.step), 7)
            case "left":
                if s.state in ("failed", "lost", "paused"):
                    return _right(s.state, 6)
                return _right(duration(s.eta_s) if s.is_active else "", 6)
            case "tok/s":
                return _right(count(s.tokens_per_s), 6)
            case "cell":
                return Text(visible(s.cell[:5], newline=" "))
            case _:
                return Text(sparkline(list(s.recent_losses), 12), "dim")


def _has_shipped_label(s: RunSummary) -> bool:
    """Return True if a run is shipped with rnnlab and the label fits after its name."""
    return s.is_shipped and len(s.name) + len(_SHIPPED) <= _NAME + 1


def _right(text: str, width: int) -> Text:
    return Text(text.rjust(width))
