"""A dialog with the filter of the runs; the list is filtered while the user types."""

from __future__ import annotations

from collections.abc import Callable

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from rnnlab.base.display import visible
from rnnlab.base.errors import BadInputError
from rnnlab.runs.filter import EXAMPLES, parse_filter
from rnnlab.tui.shell.dialogs.dialog import Dialog


class FilterScreen(Dialog[None]):
    """A text field: enter keeps the filter, escape removes it."""

    BINDINGS = [("escape", "clear", "Cancel")]

    def __init__(self, text: str, follow: Callable[[str], str]) -> None:
        """follow: sets a valid filter; returns how many runs pass it, for the user."""
        super().__init__()
        self._text = text
        self._follow = follow
        self._problem = ""

    def compose(self) -> ComposeResult:
        """Yield the field, the result or the error, and examples."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Filter the runs"
            dialog.border_subtitle = "enter keeps the filter, esc removes it"
            yield Input(
                self._text, placeholder="words, cell:lstm, val<1.5", compact=True, id="line"
            )
            yield Static(id="filter-result", markup=False)
            examples = Table.grid(padding=(0, 2))
            examples.add_column(no_wrap=True)
            for example, about in EXAMPLES:
                examples.add_row(Text(example), Text(about, "dim"))
            yield Static(examples, classes="hint")

    def on_mount(self) -> None:
        """Show how many runs pass the current filter."""
        self._show(self._text)

    @on(Input.Changed)
    def follow(self, event: Input.Changed) -> None:
        """Show the runs that match the text, or the error in it; then the list stays as it was."""
        self._show(event.value)

    def _show(self, text: str) -> None:
        try:
            parse_filter(text)
        except BadInputError as error:
            self._problem = str(error)
            result = Text(visible(self._problem, newline=" "), "bold red")
        else:
            self._problem = ""
            result = Text(self._follow(text.strip()), "dim")
        self.query_one("#filter-result", Static).update(result)

    @on(Input.Submitted)
    def keep(self) -> None:
        """Close and keep the filter; stay open while it contains an error."""
        if not self._problem:
            self.dismiss(None)

    def action_clear(self) -> None:
        """Close and remove the filter."""
        self._follow("")
        self.dismiss(None)
