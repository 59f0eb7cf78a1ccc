"""A table with a row cursor, the base of the lists of runs and of corpora."""

from __future__ import annotations

from rich.text import Text
from textual.binding import Binding
from textual.widgets import DataTable


class RowList(DataTable[Text]):
    """A table in which home and end go to the first and the last row, not to a column."""

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
