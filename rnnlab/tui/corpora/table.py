"""The table of the corpora: local files, generated corpora, and those that can be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from rnnlab.base.display import count, visible
from rnnlab.tui.shell.row_list import RowList

if TYPE_CHECKING:
    from rnnlab.corpora import CorpusDescription

_STATES = {"here": "●", "made": "○", "fetch": "↓"}
"""Mark of each state. here: local file; made: generated at first use; fetch: not fetched yet."""
_COLUMNS = ("", "name", "bytes", "task", "floor")


class CorporaTable(RowList):
    """A row per corpus; the cursor stays on its corpus when the list is read again."""

    BORDER_TITLE = "Corpora: ● local ○ generated ↓ to fetch"

    def __init__(self) -> None:
        super().__init__("corpora")
        self._described: dict[str, CorpusDescription] = {}

    @property
    def chosen(self) -> CorpusDescription | None:
        """The corpus under the cursor; None if the table is empty."""
        if not self.row_count or not self.is_valid_row_index(self.cursor_row):
            return None
        key = self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value
        return self._described.get(key or "")

    def show(self, described: Sequence[CorpusDescription], go_to: str | None = None) -> None:
        """Show a list; the cursor moves to `go_to`, or stays on its corpus."""
        previous = self.chosen
        name_to_choose = go_to or (previous.name if previous else None)
        self._described = {corpus.name: corpus for corpus in described}
        rows: dict[str, list[Text]] = {}
        for corpus in described:
            style = "dim" if corpus.state == "fetch" else ""
            cells = [
                Text(_STATES[corpus.state], "green" if corpus.state == "here" else "dim"),
                Text(visible(corpus.name, newline=" "), "bold" if corpus.state == "here" else ""),
                Text(count(corpus.size_bytes), style, justify="right"),
                Text(corpus.task, style),
                Text(_floor(corpus), style, justify="right"),
            ]
            rows[corpus.name] = cells
        self.clear(columns=True)
        for place, name in enumerate(_COLUMNS):
            # Set the width here: the table would compute it only after the next frame.
            widths = [cell_len(name), *(row[place].cell_len for row in rows.values())]
            self.add_column(name, key=name or "state", width=max(widths))
        for name, cells in rows.items():
            self.add_row(*cells, key=name)
        names = list(self._described)
        if name_to_choose in names:
            self.move_cursor(row=names.index(name_to_choose), animate=False)


def _floor(corpus: CorpusDescription) -> str:
    if corpus.floor_accuracy is not None:
        return f"{corpus.floor_accuracy:.1%}"
    return "" if corpus.floor_nats is None else f"{corpus.floor_nats:.4f}"
