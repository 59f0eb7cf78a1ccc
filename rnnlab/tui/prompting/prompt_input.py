"""The line in which a prompt is written."""

from __future__ import annotations

from textual.binding import Binding
from textual.widgets import Input

from rnnlab.tui.prompting.session import PromptSession


class PromptInput(Input):
    """A line with a history: up and down bring back what was asked before."""

    BINDINGS = [
        Binding("up", "recall(-1)", "Earlier prompt", show=False),
        Binding("down", "recall(1)", "Later prompt", show=False),
    ]

    def __init__(self, writing: PromptSession) -> None:
        super().__init__(
            placeholder="Text to continue, then enter (\\n is a new line)",
            id="prompt",
            compact=True,
            select_on_focus=False,
        )
        self._writing = writing
        self._back = 0
        """How many prompts ago what is shown was asked; 0 for what is being written."""
        self._draft = ""

    def asked(self) -> None:
        """Take note that what is shown was asked."""
        self._back = 0

    def action_recall(self, by: int) -> None:
        """Bring back an earlier or later prompt; after the last one, what was being written."""
        history = self._writing.history.prompts
        if self._back == 0:
            self._draft = self.value
        self._back = max(0, min(len(history), self._back - by))
        recalled = history[-self._back].replace("\n", "\\n") if self._back else self._draft
        self.value = recalled
        self.cursor_position = len(self.value)
