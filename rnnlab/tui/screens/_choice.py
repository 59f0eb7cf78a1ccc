"""A question with a few answers, one of them the default."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static


class ChoiceScreen(ModalScreen[str]):
    """Gives the name of the chosen answer, "cancel" for escape."""

    BINDINGS = [
        ("escape", "dismiss('cancel')", "Cancel"),
        ("left", "app.focus_previous", "Back"),
        ("right", "app.focus_next", "Forth"),
    ]

    def __init__(self, question: str, answers: Sequence[tuple[str, str]]) -> None:
        """Ask; `answers` are (name, label), the first the default."""
        super().__init__()
        self._question = question
        self._answers = answers

    def compose(self) -> ComposeResult:
        """Show the question and a button for every answer."""
        with Vertical(classes="dialog"):
            yield Static(self._question, markup=False)
            with Horizontal(classes="buttons"):
                for i, (name, label) in enumerate(self._answers):
                    yield Button(label, id=name, variant="primary" if i == 0 else "default")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Give the answer."""
        self.dismiss(event.button.id or "cancel")
