"""A dialog with a question and a button per answer; `y` and `n` answer a yes/no question."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from rnnlab.tui.shell.dialogs.dialog import Dialog
from rnnlab.tui.shell.size_classes import add_size_classes


class ChoiceScreen(Dialog[str]):
    """A dialog that returns the name of the chosen answer; "cancel" after escape."""

    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (66, "-normal")]
    BINDINGS = [
        ("escape", "dismiss('cancel')", "Cancel"),
        ("left", "app.focus_previous", "Previous"),
        ("right", "app.focus_next", "Next"),
        ("y", "answer(True)", "Yes"),
        ("n", "answer(False)", "No"),
    ]

    def __init__(
        self, question: str, answers: Sequence[tuple[str, str]], default: str = ""
    ) -> None:
        """answers: pairs (name, label), the one that changes nothing last.

        default: name of the answer that has the focus at first; "" for the first one.
        """
        super().__init__()
        self._question = question
        self._answers = answers
        self._default = default or answers[0][0]

    def compose(self) -> ComposeResult:
        """Yield the question and a button per answer."""
        add_size_classes(self)
        with Vertical(classes="dialog"):
            yield Static(self._question, id="question", markup=False)
            with Horizontal(classes="buttons"):
                for name, label in self._answers:
                    is_default = name == self._default
                    yield Button(label, id=name, variant="primary" if is_default else "default")

            keys = "← → choose · enter · esc"
            yield Static(f"{keys} · y n" if self._yes is not None else keys, classes="hint")

    def on_mount(self) -> None:
        """Focus the default answer."""
        self.query_one(f"#{self._default}", Button).focus()

    @property
    def question(self) -> str:
        """The question that is shown."""
        return self._question

    def tell(self, question: str) -> None:
        """Replace the question, whose subject has changed."""
        self._question = question
        self.query_one("#question", Static).update(question)

    def withdraw(self) -> AwaitComplete:
        """Close the dialog with the answer "cancel"."""
        return self.dismiss("cancel")

    @property
    def _yes(self) -> str | None:
        """The only answer besides "cancel"; None if there are several."""
        others = [name for name, _ in self._answers if name != "cancel"]
        return others[0] if len(others) == 1 else None

    def action_answer(self, is_yes: bool) -> None:
        """Answer a yes/no question; do nothing for other questions."""
        if self._yes is not None:
            self.dismiss(self._yes if is_yes else "cancel")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close and return the answer."""
        self.dismiss(event.button.id or "cancel")
