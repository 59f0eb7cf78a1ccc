"""A dialog with a list to pick from; typing filters it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from rnnlab.base.display import visible
from rnnlab.tui.shell.dialogs.dialog import Dialog
from rnnlab.tui.shell.option_rows import OptionRows

_LONGEST_NAME = 30
"""Maximum width of the column of names: a longer name, such as a path, wraps."""


class PickScreen(Dialog[str | None]):
    """A dialog that returns the name of the picked choice; None after escape."""

    BINDINGS = [
        ("escape", "dismiss(None)", "Cancel"),
        Binding("down", "move('cursor_down')", show=False, priority=True),
        Binding("up", "move('cursor_up')", show=False, priority=True),
        Binding("pagedown", "move('page_down')", show=False, priority=True),
        Binding("pageup", "move('page_up')", show=False, priority=True),
    ]

    def __init__(
        self, title: str, choices: Sequence[tuple[str, str]], current: str, part: str = ""
    ) -> None:
        """choices: pairs (name, description); current: name that the cursor is on at first.

        part: initial text of the filter; ignored if it equals a name or no choice contains it.
        """
        super().__init__()
        self._title = title
        self._choices = choices
        self._current = current
        names = [name for name, _ in choices]
        self._part = part if part not in names and self._matches(part) else ""

    def compose(self) -> ComposeResult:
        """Yield the filter and, below it, the list."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            dialog.border_subtitle = "type to filter · enter picks · esc cancels"
            yield Input(
                self._part, "part of a name", compact=True, id="line", select_on_focus=False
            )
            yield OptionRows(id="choices", markup=False)
            yield Static(Text("no match", "dim"), id="none")

    def on_mount(self) -> None:
        """Show all choices, or those that match the initial filter."""
        self._fill(self._part)
        names = [name for name, _ in self._choices]
        if self._current in names:
            self.query_one(OptionList).highlighted = names.index(self._current)

    @on(Input.Changed)
    def follow(self, event: Input.Changed) -> None:
        """Show the choices that match the filter."""
        self._fill(event.value)

    def _fill(self, text: str) -> None:
        matches = self._matches(text)
        rows = self.query_one(OptionList)
        width = min(_LONGEST_NAME, max((cell_len(name) for name, _ in matches), default=0))
        rows.clear_options()
        rows.add_options([Option(_row(name, about, width), id=name) for name, about in matches])
        rows.highlighted = 0 if matches else None
        rows.display = bool(matches)
        self.query_one("#none").display = not matches

    def _matches(self, text: str) -> list[tuple[str, str]]:
        """Return the choices that contain all words of a text, matching prefixes first."""
        words = text.lower().split()
        matches = [
            (name, about)
            for name, about in self._choices
            if all(word in f"{name} {about}".lower() for word in words)
        ]
        if words:
            matches.sort(key=lambda choice: not choice[0].lower().startswith(words[0]))
        return matches

    async def action_move(self, how: str) -> None:
        """Move the cursor of the list while the filter keeps the focus."""
        await self.query_one(OptionList).run_action(how)

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def pick(self) -> None:
        """Close and return the choice under the cursor."""
        chosen = self.query_one(OptionList).highlighted_option
        if chosen is not None:
            self.dismiss(chosen.id)


def _row(name: str, about: str, width: int) -> Table:
    """Return a row of name and description; a long description wraps in its own column."""
    row = Table.grid(padding=(0, 2))
    row.add_column(width=width, overflow="fold")
    row.add_row(Text(visible(name, newline=" ")), Text(visible(about, newline=" "), "dim"))
    return row
