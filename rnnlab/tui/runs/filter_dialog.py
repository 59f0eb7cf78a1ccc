"""A dialog with the filter of the runs; the list is filtered while the user types."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class FilterScreen(ModalScreen[None]):
    """A text field: enter keeps the filter, escape removes it."""

    BINDINGS = [("escape", "clear", "Cancel")]

    def __init__(self, text: str, follow: Callable[[str], None]) -> None:
        super().__init__()
        self._text = text
        self._follow = follow

    def compose(self) -> ComposeResult:
        """Yield the field and the syntax of the filter."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Filter the runs"
            yield Input(self._text, placeholder="part of name, state, cell or corpus", id="line")
            yield Static(
                "all words must match; a|b: a or b, !a: not a, *: any text", classes="hint"
            )
            yield Static("enter keeps the filter, esc removes it", classes="hint")

    @on(Input.Changed)
    def follow(self, event: Input.Changed) -> None:
        """Show the runs that match the text."""
        self._follow(event.value)

    @on(Input.Submitted)
    def keep(self) -> None:
        """Close and keep the filter."""
        self.dismiss(None)

    def action_clear(self) -> None:
        """Close and remove the filter."""
        self._follow("")
        self.dismiss(None)
