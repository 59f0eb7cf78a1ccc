"""A pane with a scrolling text."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from rnnlab.base.cells import breaks


def hanging(text: Text, width: int, indent: int) -> Text:
    """Return a text whose long lines are broken between words, to lines that are indented.

    width: cells of a line; indent: cells before each line but the first of a long one.
    """
    if not indent or width <= 2 * indent:
        return text  # an indented line would have room for a word or two
    lines = []
    for line in text.split("\n", allow_blank=True):
        first, *others = line.divide(breaks(line.plain, width, indent))
        lines.append(first)
        for other in others:
            blanks = len(other.plain) - len(other.plain.lstrip(" "))
            lines.append(Text(" " * indent).append_text(other[blanks:]))
    return Text("\n").join(lines)


class _Hanging(Static):
    """A text that is broken again for each width."""

    def __init__(self, indent: int) -> None:
        super().__init__(markup=False)
        self._indent, self._text = indent, Text()

    def show(self, text: Text) -> None:
        """Show a text."""
        self._text = text
        self.update(hanging(text, self.size.width, self._indent))

    def on_resize(self) -> None:
        """Break the lines for the present width."""
        if self._indent:
            self.update(hanging(self._text, self.size.width, self._indent))


class FactsPane(VerticalScroll, can_focus=True):
    """Show a text; draw it again only if it has changed."""

    def __init__(self, id: str, title: str, *, follows_end: bool = False, indent: int = 0) -> None:  # noqa: A002  the name of Textual's own argument
        """follows_end: whether the pane scrolls to new lines while its end is in view.

        indent: columns before the second and later rows of a line that is longer than a row.
        """
        super().__init__(id=id)
        self.border_title = title
        self._follows_end = follows_end
        self._shown = Text()
        self._body = _Hanging(indent)

    def compose(self) -> ComposeResult:
        """Yield the text."""
        yield self._body

    @property
    def text(self) -> str:
        """The text without its styles."""
        return self._shown.plain

    def show(self, text: Text) -> None:
        """Show a text."""
        if (text.plain, text.spans, text.style) == (
            self._shown.plain, self._shown.spans, self._shown.style,
        ):  # fmt: skip
            return
        was_at_end = self.scroll_offset.y >= self.max_scroll_y
        self._shown = text
        self._body.show(text)
        if self._follows_end and was_at_end:
            self.scroll_end(animate=False)

    def rewind(self) -> None:
        """Go to the beginning, or to the end if the pane follows it: another run is shown."""
        if self._follows_end:
            self.scroll_end(animate=False)
        else:
            self.scroll_home(animate=False)
