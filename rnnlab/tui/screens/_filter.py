"""One line to filter the runs: the list follows while it is written."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class FilterScreen(ModalScreen[None]):
    """Enter keeps the filter, escape the one before."""

    BINDINGS = [("escape", "undo", "Cancel")]

    def __init__(self, text: str, follow: Callable[[str], None]) -> None:
        super().__init__()
        self._before = text
        self._follow = follow

    def compose(self) -> ComposeResult:
        """Show the line and how it is written."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Filter the runs"
            yield Input(self._before, placeholder="part of name, state, cell or corpus", id="line")
            yield Static("all words must fit; a|b either, !a not a, * any letters", classes="hint")

    @on(Input.Changed)
    def follow(self, event: Input.Changed) -> None:
        """Show the runs that fit so far."""
        self._follow(event.value)

    @on(Input.Submitted)
    def keep(self) -> None:
        """Keep it."""
        self.dismiss(None)

    def action_undo(self) -> None:
        """Go back to the filter before."""
        self._follow(self._before)
        self.dismiss(None)
