"""The input of the prompt's text, with a history."""

from __future__ import annotations

from textual.binding import Binding
from textual.widgets import Input

from rnnlab.base.display import escaped
from rnnlab.tui.state.prompt_session import PromptSession


class PromptInput(Input):
    """An input with a history: up and down recall earlier prompts."""

    BINDINGS = [
        Binding("up", "recall(-1)", "Earlier prompt", show=False),
        Binding("down", "recall(1)", "Later prompt", show=False),
    ]

    def __init__(self, session: PromptSession) -> None:
        super().__init__(
            placeholder="write a text for the model to continue, press enter (\\n: new line)",
            id="prompt",
            compact=True,
            select_on_focus=False,
        )
        self._session = session
        self._back = 0
        """Position in the history: 1 for the latest prompt; 0 for the text being written."""
        self._draft = ""

    def leave_history(self) -> None:
        """Leave the history after the shown text was submitted; `up` then recalls that text."""
        self._back = 0

    def action_recall(self, by: int) -> None:
        """Show an earlier or later prompt; after the latest, the text being written."""
        history = self._session.history.prompts
        if self._back == 0:
            self._draft = self.value
        self._back = max(0, min(len(history), self._back - by))
        recalled = escaped(history[-self._back]) if self._back else self._draft
        self.value = recalled
        self.cursor_position = len(self.value)
