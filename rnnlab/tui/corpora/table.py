"""The corpora: those that are there, ours, and those that can be fetched."""

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
"""There as a file; made when it is first used; to be fetched."""


_COLUMNS = ("", "name", "bytes", "task", "floor")


class CorporaTable(RowList):
    """A row for every corpus; the cursor stays on its corpus when the list is read again."""

    BORDER_TITLE = "Corpora"

    def __init__(self) -> None:
        super().__init__("corpora")
        self._described: dict[str, CorpusDescription] = {}

    @property
    def chosen(self) -> CorpusDescription | None:
        """The corpus under the cursor; None while there is none."""
        if not self.row_count or not self.is_valid_row_index(self.cursor_row):
            return None
        key = self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value
        return self._described.get(key or "")

    def show(self, described: Sequence[CorpusDescription], go_to: str | None = None) -> None:
        """Show a list; the cursor goes to `go_to`, or stays on its corpus."""
        before = self.chosen
        wanted = go_to or (before.name if before else None)
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
            # Said, not found out: the table would do so some time later only.
            widths = [cell_len(name), *(row[place].cell_len for row in rows.values())]
            self.add_column(name, key=name or "state", width=max(widths))
        for name, cells in rows.items():
            self.add_row(*cells, key=name)
        names = list(self._described)
        if wanted in names:
            self.move_cursor(row=names.index(wanted), animate=False)


def _floor(corpus: CorpusDescription) -> str:
    if corpus.floor_accuracy is not None:
        return f"{corpus.floor_accuracy:.1%}"
    return "" if corpus.floor_nats is None else f"{corpus.floor_nats:.4f}"
