"""A text field of one line that takes a paste of several lines."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from rnnlab.base.display import escaped


class TextField(Input):
    r"""An input in which a newline is written \n, also in a paste."""

    def __init__(self, *, id: str, placeholder: str) -> None:  # noqa: A002
        super().__init__(id=id, placeholder=placeholder, compact=True, select_on_focus=False)

    def _on_paste(self, event: events.Paste) -> None:
        text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        if "\n" not in text:
            return  # `Input` inserts it
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(escaped(text))
