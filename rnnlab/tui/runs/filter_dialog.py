"""One line to filter the runs: the list follows while it is written."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class FilterScreen(ModalScreen[None]):
    """Enter keeps the filter, escape lists all runs again."""

    BINDINGS = [("escape", "clear", "Cancel")]

    def __init__(self, text: str, follow: Callable[[str], None]) -> None:
        super().__init__()
        self._text = text
        self._follow = follow

    def compose(self) -> ComposeResult:
        """Show the line and how it is written."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Filter the runs"
            yield Input(self._text, placeholder="part of name, state, cell or corpus", id="line")
            yield Static("all words must fit; a|b either, !a not a, * any letters", classes="hint")
            yield Static("enter keeps it, esc lists all runs again", classes="hint")

    @on(Input.Changed)
    def follow(self, event: Input.Changed) -> None:
        """Show the runs that fit so far."""
        self._follow(event.value)

    @on(Input.Submitted)
    def keep(self) -> None:
        """Keep it."""
        self.dismiss(None)

    def action_clear(self) -> None:
        """List all runs."""
        self._follow("")
        self.dismiss(None)
