"""A table whose rows are chosen: what the lists of runs and of corpora share."""

from __future__ import annotations

from rich.text import Text
from textual.binding import Binding
from textual.widgets import DataTable


class RowList(DataTable[Text]):
    """Home and end go to the first and to the last row: the cursor has no column to go to."""

    BINDINGS = [
        Binding("home", "scroll_top", "First", show=False),
        Binding("end", "scroll_bottom", "Last", show=False),
    ]

    def __init__(self, id: str) -> None:  # noqa: A002  the name of Textual's own argument
        super().__init__(id=id, cursor_type="row", zebra_stripes=False)
