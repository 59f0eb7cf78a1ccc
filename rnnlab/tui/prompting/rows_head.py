"""The line above candidates in rows: their common beginning, and the number of the page."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from rnnlab.base.display import visible
from rnnlab.tui.prompting.beginning import tail
from rnnlab.tui.prompting.token_text import PROMPT_END

_PAGE = 22
"""Columns that the number of the page may need, and the padding."""


class RowsHead(Horizontal):
    """Shows at the left where all texts begin, at the right which candidates are visible."""

    def __init__(self) -> None:
        super().__init__(id="above-candidates")
        self._beginning = Static(id="beginning", markup=False)
        self._page = Static(id="page", markup=False)

    def compose(self) -> ComposeResult:
        """Yield both parts."""
        yield self._beginning
        yield self._page

    def show_beginning(self, text: str, end: int, width: int, num_prompt: int) -> None:
        """Show the first `end` characters of a text as far as they fit into `width` columns.

        A mark follows the first `num_prompt` characters if the model has written the others.
        """
        room = max(1, width - _PAGE)
        # A prompt may have a million characters: only its end is shown.
        first = max(0, end - room - 1)
        middle = min(max(first, num_prompt), end)
        shown, written = (
            visible(part, newline="⏎") for part in (text[first:middle], text[middle:end])
        )
        if written.strip() and first < num_prompt:
            shown += PROMPT_END.text
        shown += written
        self._beginning.update(Text(tail(shown, room)))

    def show_page(self, ones: range, num: int) -> None:
        """Show which of `num` candidates are visible; nothing if all are."""
        page = ""
        if len(ones) < num:
            first, last = ones.start + 1, ones.stop
            page = f"{first if first >= last else f'{first}-{last}'} of {num}  PgUp PgDn"
        if page != str(self._page.content):
            self._page.update(page)
