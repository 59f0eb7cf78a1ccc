"""The pages of candidates in rows: a row is shown whole, or on the next page."""

from __future__ import annotations

from collections.abc import Sequence

from textual.containers import ScrollableContainer
from textual.widget import Widget
from textual.widgets import Static

from rnnlab.tui.prompting.pager import (
    Place,
    next_page,
    num_covered,
    previous_page,
    revealing,
    visible_ones,
)
from rnnlab.tui.prompting.rows_head import RowsHead


class RowPages:
    """Scrolls a board of rows from page to page; its widgets are children of the board."""

    def __init__(self, board: ScrollableContainer) -> None:
        self._board = board
        self.rows: Sequence[Widget] = ()
        """The rows of the board; empty while its candidates are columns."""
        self.head = RowsHead()
        self.space = Static(id="below-candidates")
        """Space below the rows, so that every page begins with a row."""
        self.cover = Static(id="cover-candidates")
        """Covers the lines of a row that does not fit on the page."""
        self.head.display = self.space.display = self.cover.display = False

    def _places(self) -> list[Place]:
        """Return the first line and the height of every row in the list."""
        regions = [row.virtual_region for row in self.rows]
        return [(region.y - regions[0].y, region.height) for region in regions]

    @property
    def _top(self) -> int:
        return round(self._board.scroll_y)

    @property
    def _room(self) -> int:
        """Number of visible lines of the list."""
        return self._board.scrollable_content_region.height - self.head.outer_size.height

    @property
    def are_many(self) -> bool:
        """True if there are more rows than fit."""
        return bool(self.rows) and sum(size for _, size in self._places()) > self._room

    def visible_ones(self) -> range:
        """Return the indices of the rows that are wholly visible, or of the one at the top."""
        return visible_ones(self._places(), self._top, self._room)

    def turn(self, by: int) -> None:
        """Show the next page, or the previous one if `by` is negative."""
        turn = next_page if by > 0 else previous_page
        self._board.scroll_to(y=turn(self._places(), self._top, self._room), animate=False)

    def reveal(self, index: int) -> None:
        """Scroll to a row, so that the list still begins with a row."""
        top = revealing(self._places(), index, self._top, self._room)
        self._board.scroll_to(y=top, animate=False, immediate=True)

    def show(self) -> None:
        """Show which rows are visible, if not all are, and cover a row that does not fit."""
        are_many, num = self.are_many, len(self.rows)
        self.space.display = are_many
        self.space.styles.height = max(1, self._room - 2)
        covered = num_covered(self._places(), self._top, self._room) if are_many else 0
        self.cover.display = covered > 0
        self.cover.styles.height = covered
        self.head.show_page(self.visible_ones() if are_many else range(num), num)
