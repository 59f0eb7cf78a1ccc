"""A widget that draws lines and repaints only those that have changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Part(NamedTuple):
    """A piece of a line; its text is safe for a terminal."""

    text: str
    style: Style | str = ""


Line = tuple[Part, ...]


class LinesView(Widget, can_focus=True):
    """Base class of a pane of lines: `lines_to_show` returns them, `draw` repaints the changes."""

    def __init__(self, id: str) -> None:  # noqa: A002  the name of Textual's own argument
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._base: Style | None = None
        """The style of the widget, which takes as long to compute as a line; None: not known."""

    def lines_to_show(self, width: int, height: int) -> Sequence[Line]:
        """Return at most `height` lines of at most `width` columns; subclasses define this."""
        raise NotImplementedError

    @property
    def plain(self) -> str:
        """The lines that are shown, without styles."""
        return "\n".join("".join(part.text for part in line) for line in self._lines)

    @property
    def lines(self) -> Sequence[Line]:
        """The lines that are shown."""
        return self._lines

    def draw(self) -> None:
        """Compute the lines, and repaint those that have changed."""
        width, height = self.content_size
        if width <= 0 or height <= 0:
            return  # `on_resize` draws the lines once the size is known
        old, new = self._lines, self.lines_to_show(width, height)
        self._lines = new
        changed = [
            Region(0, y, width, 1)
            for y in range(max(len(old), len(new)))
            if y >= len(old) or y >= len(new) or old[y] != new[y]
        ]
        if changed:
            self.refresh(*changed)

    def on_resize(self, _event: events.Resize) -> None:
        """Compute the lines for the new size."""
        self.draw()
        self.refresh()

    def notify_style_update(self) -> None:
        """Compute the lines again: the colours of the theme may have changed."""
        super().notify_style_update()
        self._base = None
        if self.is_mounted:
            self.draw()

    def render_line(self, y: int) -> Strip:
        """Return a line in the style of the widget."""
        width = self.content_size.width
        base = self._base = self._base or self.rich_style
        if y >= len(self._lines):
            return Strip.blank(width, base)
        segments = [
            Segment(text, base + (Style.parse(style) if isinstance(style, str) else style))
            for text, style in self._lines[y]
        ]
        return Strip(segments).adjust_cell_length(width, base)
