"""The list of the runs, a row per run, updated at every poll."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.coordinate import Coordinate
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import DataTable

from rnnlab.base.display import visible
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.messages import RunChosen
from rnnlab.tui.runs.columns import COLUMNS, NAME, chosen_columns, fitting, header, sorts_of
from rnnlab.tui.runs.row import RowLayout, RowLook, name_length
from rnnlab.tui.shell.row_list import RowList
from rnnlab.tui.state.run_filter import NEWEST
from rnnlab.tui.state.runs_state import RunsState

_NO_RUNS = ("no runs yet", "press n to start a run")
_NO_MATCH = ("no run matches", "esc lists all runs, / changes the filter")
"""Lines of an empty list; the filter follows the first one."""
_KEYS, _KEYS_OF_SELECTION = "space select · / filter · C columns", "U clears the selection"
"""Hints in the lower border, which a low screen does not have."""
_SPARE_LINES = 5
"""Lines that must be free before all rows get a second line: the height of the error banner, so
that the rows do not change their height whenever the cursor goes to a failed run."""
_MOST_HEIGHT_PERCENT = 30
"""Maximum height of the list in the style sheet, in percent of the screen."""
_LEAST_HEIGHT = 6
"""Minimum height in lines for rows of two lines: a title and two runs above the cut."""


class RunsTable(RowList):
    """A table whose cursor stays on the same run when the rows change."""

    BORDER_TITLE = "Runs"
    BORDER_SUBTITLE = _KEYS
    _is_filling = False
    _has_size = False
    """Whether the list has been laid out with its rows."""

    def __init__(self, state: RunsState) -> None:
        # Cells are as wide as their columns: the second line of a row spans all of them.
        super().__init__("runs", cell_padding=0)
        self._state = state
        self._summaries: dict[str, RunSummary] = {}
        self._layout = RowLayout((), 1)
        self._headers: list[str] = []
        self._heights: dict[str, int] = {}
        self._drawn: dict[str, tuple[RunSummary, RowLook]] = {}
        """What each row shows."""
        self._cells: dict[tuple[str, str], Text] = {}
        self._nothing: Sequence[str] = ()
        """Lines shown instead of rows."""
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
            name, selected = self.chosen.name, self._state.selected
            others = tuple(other for other in selected if other != name)
            self._state.selected = others if name in selected else (*selected, name)
            self.show()
            self._post_choice()

    def clear_filter(self) -> None:
        """List all runs."""
        self._state.view.filter = ""
        self.show()

    def next_sort(self) -> None:
        """Sort by the next key: newest, name, then each column's."""
        view = self._state.view
        sorts = sorts_of(self._wanted())
        place = sorts.index(view.sort) if view.sort in sorts else -1
        view.sort, view.is_reversed = sorts[(place + 1) % len(sorts)], False
        self.show()

    def show(self) -> None:
        """Show the runs of the state in their order; update only the cells that have changed."""
        if self._state.chosen_name not in (None, self._posted):
            self._expected = self._state.chosen_name
        self._summaries = {summary.name: summary for summary in self._state.in_order()}
        self._arrange()
        self._update_title()
        if self._expected in self._summaries:
            self.choose(self._expected)
            self._expected = None

    def on_resize(self, event: events.Resize) -> None:
        """Show as many columns as fit, and keep the chosen run in sight."""
        self._arrange()
        self._update_title()
        if self.row_count:
            self.move_cursor(row=self.cursor_row)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Choose the run under the cursor."""
        event.stop()
        self._hidden = None
        self._post_choice()

    def _post_choice(self) -> None:
        chosen = self.chosen
        self._posted = self._state.chosen_name = chosen.name if chosen is not None else None
        self._fill()  # the letter of the chosen run is shown while other runs are selected
        self.post_message(RunChosen())

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the clicked column; a second click reverses the order."""
        event.stop()
        column = COLUMNS.get(str(event.column_key.value))
        sort = column.sort if column is not None else NAME
        view = self._state.view
        view.is_reversed = view.sort == sort and not view.is_reversed
        view.sort = sort
        self.show()

    def _update_title(self) -> None:
        """Show in the title the numbers of runs, the sort key and the filter."""
        state, num_shown = self._state, len(self._summaries)
        view, total = state.view, len(state.summaries)
        parts = ["Runs" if num_shown == total else f"Runs {num_shown} of {total}"]
        if state.selected:
            num_hidden = sum(name not in self._summaries for name in state.selected)
            hidden = f", {num_hidden} hidden" if num_hidden else ""
            parts.append(f"{len(state.selected)} selected{hidden}")
        is_marked = view.sort in (NAME, *(COLUMNS[name].sort for name in self._layout.columns))
        if view.sort == NEWEST and view.is_reversed:
            parts.append("by newest ↑")
        elif view.sort != NEWEST and not is_marked:
            parts.append(f"by {view.sort}")
        if view.filter:
            parts.append(f"/{visible(view.filter, newline=' ')}")
        title = Text(" · ".join(parts)).markup
        # Setting a title repaints the whole table, even if it has not changed.
        if title != self.border_title:
            self.border_title = title
        hint = _KEYS_OF_SELECTION if state.selected else _KEYS
        if hint != self.border_subtitle:
            self.border_subtitle = hint
        nothing = self._reason_for_nothing()
        if nothing != self._nothing:
            self._nothing = nothing
            self.refresh()

    def _reason_for_nothing(self) -> Sequence[str]:
        """Return the lines to show instead of rows: why there are none, and the keys that help."""
        if self._summaries or not self._state.has_read:
            return ()
        if not self._state.summaries:
            return _NO_RUNS
        first, hint = _NO_MATCH
        return (f"{first} {visible(self._state.view.filter, newline=' ')}", hint)

    def render_line(self, y: int) -> Strip:
        """Return a line of the table, or of the text for an empty list."""
        if self.row_count:
            return super().render_line(y)
        text = f" {self._nothing[y]}" if y < len(self._nothing) else ""
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(
            self.size.width, self.rich_style
        )

    def _wanted(self) -> list[str]:
        """Return the columns to show, if they fit."""
        return chosen_columns(self._state.view.columns, self._state.summaries.values())

    def _fitting(self) -> RowLayout:
        width, height = self.scrollable_content_region.size
        self._has_size = self._has_size or (width > 0 and self.virtual_size.height > len(self.rows))
        if not self._has_size:
            # Before the first layout: as the style sheet says, so that the rows are built once.
            most = self.app.size.height * _MOST_HEIGHT_PERCENT // 100 - 2
            width, height = self.app.size.width - 2, min(len(self._summaries) + 1, most)
        longest = max(map(name_length, self._summaries.values()), default=0)
        columns, name_width = fitting(self._wanted(), width, longest)
        has_progress = height >= _LEAST_HEIGHT
        spare = 0 if self._layout.has_facts else _SPARE_LINES
        has_facts = has_progress and 2 * len(self._summaries) + spare < height
        return RowLayout(columns, name_width, has_progress, has_facts)

    def _arrange(self) -> None:
        """Update the cells; replace columns and rows if these have changed."""
        view, layout = self._state.view, self._fitting()
        heights = {name: layout.height_of(s) for name, s in self._summaries.items()}
        headers = [
            header(column, view.sort, is_reversed=view.is_reversed)
            for column in (NAME, *layout.columns)
        ]
        is_same = list(heights.items()) == list(self._heights.items())
        if is_same and layout == self._layout and headers == self._headers:
            self._fill()
        else:
            self._layout, self._headers, self._heights = layout, headers, heights
            self._rebuild()

    def _rebuild(self) -> None:
        """Replace all columns and rows; keep the cursor on its run."""
        name_to_choose = self.chosen.name if self.chosen is not None else self._hidden
        if not self._summaries:
            self._hidden = self._hidden or self._state.chosen_name
        with self.prevent(DataTable.RowHighlighted):
            self.clear(columns=True)
            self._cells.clear()
            self._drawn.clear()
            columns = (NAME, *self._layout.columns)
            for column, title in zip(columns, self._headers, strict=True):
                width = COLUMNS[column].width + 1 if column != NAME else self._layout.name_width
                self.add_column(Text(title), key=column, width=width)
            looks = self._looks()
            for name, summary in self._summaries.items():
                look = looks[name]
                cells = self._layout.cells(summary, look)
                self.add_row(*cells, key=name, height=self._heights[name])
                self._drawn[name] = summary, look
                for column, cell in zip(columns, cells, strict=True):
                    self._cells[name, column] = cell
            if name_to_choose in self._summaries:
                self.choose(name_to_choose)
        self._post_choice()

    def refresh(self, *regions: Region, **options: bool) -> Self:
        """Repaint, but not the whole table during `_fill`, which repaints the changed cells."""
        if self._is_filling and not (regions or options.get("layout") or options.get("recompose")):
            return self
        return super().refresh(*regions, **options)

    def _fill(self) -> None:
        self._is_filling = True
        try:
            self._write_cells()
        finally:
            self._is_filling = False

    def _write_cells(self) -> None:
        is_of_now, looks = self._layout.is_of_now, self._looks()
        for row, (name, summary) in enumerate(self._summaries.items()):
            look = looks[name]
            drawn = self._drawn.get(name)
            # The summary of a run that has ended stays the same object from poll to poll.
            if drawn is not None and drawn[0] is summary and drawn[1] == look and not is_of_now:
                continue
            self._drawn[name] = summary, look
            cells = self._layout.cells(summary, look)
            columns = (NAME, *self._layout.columns)
            for place, (column, cell) in enumerate(zip(columns, cells, strict=True)):
                previous = self._cells.get((name, column))
                if previous is None or (previous.plain, previous.spans) != (cell.plain, cell.spans):
                    self._cells[name, column] = cell
                    self.update_cell(name, column, cell)
                    self.refresh_coordinate(Coordinate(row, place))

    def _looks(self) -> dict[str, RowLook]:
        """Return what the row of each listed run shows besides its figures."""
        state, pinned = self._state, frozenset(self._state.view.pinned)
        selected, overlaid = frozenset(state.selected), frozenset(state.overlaid)
        with_letter = overlaid if selected and len(overlaid) > 1 else frozenset()
        return {
            name: RowLook(
                state.rgb_of(name),
                state.letter_of(name) if name in with_letter else "",
                name in selected,
                name in pinned,
            )
            for name in self._summaries
        }
