"""A table with a row cursor, the base of the lists of runs and of corpora."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.coordinate import Coordinate
from textual.geometry import Size
from textual.widgets import DataTable


class RowList(DataTable[Text]):
    """A table in which home and end go to the first and the last row, not to a column.

    Textual renders all cells of a row again when one of them has changed. Rendering a cell takes
    longer than everything else that a poll changes on the screen, so unchanged cells are kept.
    """

    BINDINGS = [
        Binding("home", "scroll_top", "First", show=False),
        Binding("end", "scroll_bottom", "Last", show=False),
    ]

    def __init__(
        self,
        id: str,  # noqa: A002  the name of Textual's own argument
        *,
        cell_padding: int = 1,
    ) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=False, cell_padding=cell_padding)
        self._rendered: dict[tuple[int, int, bool], tuple[Text, object, list[list[Segment]]]] = {}
        """Row, column, whether under the cursor -> the cell, its other styles, its lines."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the height of the title and the rows; Textual adds them up after the layout."""
        return self.header_height + sum(row.height for row in self.rows.values())

    def notify_style_update(self) -> None:
        """Render all cells again: the styles of the table have changed."""
        self._rendered.clear()
        super().notify_style_update()

    def _render_cell(
        self,
        row_index: int,
        column_index: int,
        base_style: Style,
        width: int,
        cursor: bool = False,
        hover: bool = False,
    ) -> list[list[Segment]]:
        """Return the lines of a cell; those of the last time if nothing has changed."""
        if row_index < 0 or column_index < 0:
            return super()._render_cell(row_index, column_index, base_style, width, cursor, hover)
        place = (row_index, column_index, cursor)
        cell = self.get_cell_at(Coordinate(row_index, column_index))
        styles = (base_style, width, hover and self._show_hover_cursor)
        rendered = self._rendered.get(place)
        if rendered is None or rendered[0] is not cell or rendered[1] != styles:
            lines = super()._render_cell(row_index, column_index, base_style, width, cursor, hover)
            rendered = self._rendered[place] = cell, styles, lines
        return rendered[2]
