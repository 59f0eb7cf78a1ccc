"""A dialog with one text field."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from rnnlab.tui.shell.dialogs.dialog import Dialog


class AskLineScreen(Dialog[str | None]):
    """A dialog that returns the entered text; None after escape or if the text is empty."""

    DEFAULT_CSS = """
    AskLineScreen { align: center middle; }
    AskLineScreen .dialog { width: 70; padding: 1 2; }
    """
    BINDINGS = [("escape", "dismiss(None)", "Cancel")]

    def __init__(self, question: str, default: str) -> None:
        """default: initial text of the field."""
        super().__init__()
        self._question = question
        self._default = default

    def compose(self) -> ComposeResult:
        """Yield the question and the text field."""
        with Vertical(classes="dialog"):
            yield Static(self._question, markup=False)
            yield Input(self._default, compact=True, id="line")

    @on(Input.Submitted)
    def submit(self, event: Input.Submitted) -> None:
        """Close and return the text."""
        self.dismiss(event.value.strip() or None)
