"""Text fields of several lines that show control characters as symbols."""

from __future__ import annotations

from rich.text import Text
from textual.binding import Binding
from textual.widgets import TextArea
from textual.widgets.text_area import Document

from rnnlab.base.display import visible
from rnnlab.tui.shell.actions import Bindable

_OF_THE_APP = ("f6", "f7")
"""Keys of Textual's text area that open screens in this app."""


def bindings_but(*keys: str) -> list[Bindable]:
    """Return the bindings of Textual's text area, except those of certain keys."""
    return [
        binding
        for binding in TextArea.BINDINGS
        if isinstance(binding, Binding) and binding.key not in keys
    ]


class TextField(TextArea, inherit_bindings=False):
    """A text area whose text may come from anywhere: it is shown, never obeyed."""

    BINDINGS = bindings_but(*_OF_THE_APP)

    def get_line(self, line_index: int) -> Text:
        """Return a line of the text with control characters as symbols; tabs stay tabs."""
        line = self.document.get_line(line_index)
        if not line.isprintable():
            line = "\t".join(visible(part) for part in line.split("\t"))
        return Text(line, end="", no_wrap=True)

    def on_mount(self) -> None:
        """Do not search the text for the bracket that belongs to the one at the cursor."""
        self.match_cursor_bracket = False

    def action_delete_to_start_of_line(self) -> None:
        """Delete all text before the cursor, on all lines, as in a field of one line."""
        self.delete((0, 0), self.selection.end, maintain_selection_offset=False)

    def set_text(self, text: str) -> None:
        """Replace the text, with the cursor at its end; do nothing if it is the same text."""
        # A document knows one kind of line break: another kind would differ from it for ever.
        if text != self.text and (text := "\n".join(Document(text).lines)) != self.text:
            self.load_text(text)
            self.move_cursor(self.document.end)
