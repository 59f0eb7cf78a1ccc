"""A question that one line answers."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class AskLineScreen(ModalScreen[str | None]):
    """Gives what was written, None for escape or for nothing."""

    DEFAULT_CSS = """
    AskLineScreen { align: center middle; }
    AskLineScreen .dialog { width: 70; padding: 1 2; }
    """
    BINDINGS = [("escape", "dismiss(None)", "Cancel")]

    def __init__(self, question: str, wish: str) -> None:
        """Ask; `wish` stands in the line at first."""
        super().__init__()
        self._question = question
        self._wish = wish

    def compose(self) -> ComposeResult:
        """Show the question and the line."""
        with Vertical(classes="dialog"):
            yield Static(self._question, markup=False)
            yield Input(self._wish, compact=True, id="line")

    @on(Input.Submitted)
    def give(self, event: Input.Submitted) -> None:
        """Give what was written."""
        self.dismiss(event.value.strip() or None)
