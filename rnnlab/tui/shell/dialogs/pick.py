"""A list to pick from; what is typed filters it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from rnnlab.base.display import visible


class PickScreen(ModalScreen[str | None]):
    """Gives what was picked, None for escape."""

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
        """Ask; `choices` are (name, what it is), `current` is under the cursor at first.

        part: what is written already; where it is part of a choice, the list begins with those.
        """
        super().__init__()
        self._title = title
        self._choices = choices
        self._current = current
        names = [name for name, _ in choices]
        self._part = part if part not in names and self._fitting(part) else ""

    def compose(self) -> ComposeResult:
        """Put the line that filters above the list."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            dialog.border_subtitle = "type to filter, ↑ ↓, enter takes, esc leaves"
            yield Input(
                self._part, "part of a name", compact=True, id="line", select_on_focus=False
            )
            yield OptionList(id="choices", markup=False)
            yield Static(Text("nothing fits", "dim"), id="none")

    def on_mount(self) -> None:
        """Show all, or what fits to what is written already."""
        self._fill(self._part)
        names = [name for name, _ in self._choices]
        if self._current in names:
            self.query_one(OptionList).highlighted = names.index(self._current)

    @on(Input.Changed)
    def follow(self, event: Input.Changed) -> None:
        """Show what fits so far: names that begin so first."""
        self._fill(event.value)

    def _fill(self, text: str) -> None:
        fitting = self._fitting(text)
        rows = self.query_one(OptionList)
        width = max((cell_len(name) for name, _ in fitting), default=0)
        rows.clear_options()
        rows.add_options([Option(_row(name, what, width), id=name) for name, what in fitting])
        rows.highlighted = 0 if fitting else None
        rows.display = bool(fitting)
        self.query_one("#none").display = not fitting

    def _fitting(self, text: str) -> list[tuple[str, str]]:
        """Return the choices that have all words of a text, names that begin so first."""
        words = text.lower().split()
        fitting = [
            (name, what)
            for name, what in self._choices
            if all(word in f"{name} {what}".lower() for word in words)
        ]
        if words:
            fitting.sort(key=lambda one: not one[0].lower().startswith(words[0]))
        return fitting

    def action_move(self, how: str) -> None:
        """Move the cursor of the list while the line keeps the focus."""
        getattr(self.query_one(OptionList), f"action_{how}")()

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def take(self) -> None:
        """Give what is under the cursor."""
        chosen = self.query_one(OptionList).highlighted_option
        if chosen is not None:
            self.dismiss(chosen.id)


def _row(name: str, what: str, width: int) -> Table:
    """Return a row: what does not fit beside the name goes on below itself."""
    row = Table.grid(padding=(0, 2))
    row.add_column(width=width)
    row.add_row(Text(visible(name, newline=" ")), Text(visible(what, newline=" "), "dim"))
    return row
