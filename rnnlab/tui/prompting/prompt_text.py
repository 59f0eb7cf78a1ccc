"""The text field of a prompt: it grows to five rows, and has a history."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.message import Message

from rnnlab.tui.prompting.text_field import TextField, bindings_but
from rnnlab.tui.state.prompt_session import PromptSession

MOST_ROWS = 5
"""Maximum height of the field; a longer text scrolls."""

_HINTS = {
    False: "write a text for the model to continue, press enter (^j: new line)",
    True: "write a document to classify, press enter (^j: new line)",
}
"""Whether a classifier is prompted -> what the empty field shows."""


class PromptText(TextField, inherit_bindings=False):
    """The prompt: enter sends it, up and down at its ends recall earlier prompts."""

    DEFAULT_CSS = f"""
    PromptText {{ width: 1fr; height: auto; min-height: 1; max-height: {MOST_ROWS}; padding: 0; }}
    PromptText {{ scrollbar-size-vertical: 1; }}
    """
    # The other keys: screens, and the pages of the candidates.
    BINDINGS = [
        *bindings_but("f6", "f7", "pageup", "pagedown"),
        Binding("ctrl+j,alt+enter,shift+enter", "new_line", "New line", show=False),
    ]

    @dataclass
    class Submitted(Message):
        """The user has pressed enter."""

        text: str

    @dataclass
    class Resized(Message):
        """The text needs another number of rows."""

        num_rows: int
        """From 1 to `MOST_ROWS`."""

    def __init__(self, session: PromptSession) -> None:
        super().__init__(
            placeholder=_HINTS[False],
            id="prompt",
            compact=True,
            highlight_cursor_line=False,
        )
        self._session = session
        self._num_rows = 1
        self._back = 0
        """Position in the history: 1 for the latest prompt; 0 for the text being written."""
        self._draft = ""

    def on_mount(self) -> None:
        """Report each change of the number of rows."""
        self.watch(self, "virtual_size", self._measure, init=True)

    def _measure(self) -> None:
        num_rows = max(1, min(MOST_ROWS, self.wrapped_document.height))
        if num_rows != self._num_rows:
            self._num_rows = num_rows
            self.post_message(self.Resized(num_rows))

    def on_key(self, event: events.Key) -> None:
        """Send the text: without this handler, enter would insert a line break."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Submitted(self.text))

    def action_new_line(self) -> None:
        """Insert a line break."""
        self.replace("\n", *self.selection, maintain_selection_offset=False)

    def set_task(self, *, is_classifier: bool) -> None:
        """Show in the empty field what its text is for."""
        self.placeholder = _HINTS[is_classifier]

    def leave_history(self) -> None:
        """Leave the history after the shown text was submitted; `up` then recalls that text."""
        self._back = 0

    def action_cursor_up(self, select: bool = False) -> None:
        """Move up; on the first row, recall the earlier prompt."""
        if select or self.wrapped_document.location_to_offset(self.cursor_location).y > 0:
            super().action_cursor_up(select)
        else:
            self._recall(-1)

    def action_cursor_down(self, select: bool = False) -> None:
        """Move down; on the last row, recall the later prompt."""
        row = self.wrapped_document.location_to_offset(self.cursor_location).y
        if select or row < self.wrapped_document.height - 1:
            super().action_cursor_down(select)
        else:
            self._recall(1)

    def _recall(self, by: int) -> None:
        """Show an earlier or later prompt; after the latest, the text being written."""
        history = self._session.history.prompts
        back = max(0, min(len(history), self._back - by))
        if back == self._back:
            return
        if self._back == 0:
            self._draft = self.text
        self._back = back
        self.set_text(history[-back] if back else self._draft)
        if by < 0:
            # The same key then goes on through the history, also behind a text of many rows.
            self.move_cursor(self.navigator.get_location_at_y_offset((0, 0), 0))
            self.action_cursor_line_end()
