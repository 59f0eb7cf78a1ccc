"""A pane with a scrolling text."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static


class FactsPane(VerticalScroll, can_focus=True):
    """Show a text; draw it again only if it has changed."""

    def __init__(self, id: str, title: str, *, follows_end: bool = False) -> None:  # noqa: A002  the name of Textual's own argument
        """follows_end: whether the pane scrolls to new lines while its end is in view."""
        super().__init__(id=id)
        self.border_title = title
        self._follows_end = follows_end
        self._shown = Text()
        self._body = Static(markup=False)

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
        self._body.update(text)
        if self._follows_end and was_at_end:
            self.scroll_end(animate=False)

    def rewind(self) -> None:
        """Go to the beginning, or to the end if the pane follows it: another run is shown."""
        if self._follows_end:
            self.scroll_end(animate=False)
        else:
            self.scroll_home(animate=False)
