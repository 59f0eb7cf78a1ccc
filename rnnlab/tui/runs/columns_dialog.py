"""A dialog with the columns of the list of runs: which are shown, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from rnnlab.tui.runs.columns import COLUMNS
from rnnlab.tui.shell.dialogs.dialog import Dialog
from rnnlab.tui.shell.option_rows import OptionRows

_HINT = "The first columns stay if the list is narrow."


class ColumnsScreen(Dialog[None]):
    """A list of check boxes; the table follows every change, escape restores the old columns."""

    BINDINGS = [
        ("escape", "cancel", "Cancel"),
        ("space", "show_or_hide", "Show or hide"),
        Binding("J,shift+down", "shift(1)", "Later", key_display="J"),
        Binding("K,shift+up", "shift(-1)", "Earlier", key_display="K"),
        ("j", "move('cursor_down')", "Down"),
        ("k", "move('cursor_up')", "Up"),
        ("0", "reset", "Default"),
    ]

    def __init__(
        self,
        names: Sequence[str],
        defaults: Sequence[str],
        follow: Callable[[list[str]], None],
    ) -> None:
        """names: the columns chosen so far, empty for the default ones; follow: sets them."""
        super().__init__()
        self._before = list(names)
        self._defaults = list(defaults)
        self._follow = follow
        self._arrange(names or defaults)

    def _arrange(self, shown: Sequence[str]) -> None:
        """List the shown columns first, in their order."""
        self._shown = [name for name in shown if name in COLUMNS]
        self._order = list(dict.fromkeys([*self._shown, *COLUMNS]))

    def compose(self) -> ComposeResult:
        """Yield the list and the keys."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Columns of the runs"
            dialog.border_subtitle = "enter keeps, esc cancels"
            yield OptionRows(id="columns", markup=False)
            yield Static(
                f"space shows or hides · J K move · 0 default\n{_HINT}",
                classes="hint", markup=False,
            )  # fmt: skip

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill(0)

    def _fill(self, place: int) -> None:
        rows = self.query_one(OptionList)
        rows.clear_options()
        rows.add_options([Option(self._row(name), id=name) for name in self._order])
        rows.highlighted = place

    def _row(self, name: str) -> Text:
        spec, is_shown = COLUMNS[name], name in self._shown
        return Text.assemble(
            "[x] " if is_shown else "[ ] ",
            (f"{spec.title:<8}", "bold" if is_shown else ""),
            (spec.about, "dim"),
        )

    def _apply(self, place: int) -> None:
        """Show the list again, and the columns in the table."""
        self._fill(place)
        self._follow(list(self._shown))

    def action_show_or_hide(self) -> None:
        """Show or hide the column under the cursor."""
        place = self.query_one(OptionList).highlighted or 0
        name = self._order[place]
        shown = {*self._shown} ^ {name}
        if shown:  # an empty list would mean the default columns
            self._shown = [column for column in self._order if column in shown]
            self._apply(place)

    def action_shift(self, by: int) -> None:
        """Move the column under the cursor."""
        place = self.query_one(OptionList).highlighted or 0
        new = min(max(place + by, 0), len(self._order) - 1)
        self._order.insert(new, self._order.pop(place))
        self._shown = [column for column in self._order if column in self._shown]
        self._apply(new)

    def action_move(self, how: str) -> None:
        """Move the cursor."""
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_reset(self) -> None:
        """Return to the default columns."""
        self._arrange(self._defaults)
        self._fill(0)
        self._follow([])

    @on(OptionList.OptionSelected)
    def keep(self) -> None:
        """Close and keep the columns."""
        self.dismiss(None)

    def action_cancel(self) -> None:
        """Close and restore the old columns."""
        self._follow(self._before)
        self.dismiss(None)
