"""The table of the compare screen: figures and settings that differ, a column per run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from rich.text import Text
from textual.widgets import DataTable

from rnnlab.base.display import visible
from rnnlab.runs.compare import ComparedValue, rows_of
from rnnlab.runs.run import Run
from rnnlab.runs.summary import RunSummary

_NARROWEST, _WIDEST = 8, 24
"""Columns of the narrowest and of the widest value; a longer one is truncated."""


class ComparisonTable(DataTable[Text]):
    """Shows a value on one line; what does not fit is scrolled to, the names of the rows stay."""

    BORDER_TITLE = "Side by side"

    def __init__(self) -> None:
        super().__init__(
            id="compare-table", cursor_type="none", zebra_stripes=False, fixed_columns=1
        )
        self._shown: object = None
        self._wanted: object = None
        """The summaries to show; None for a message."""

    async def fill(
        self, titles: Sequence[Text], runs: Sequence[Run], summaries: Sequence[RunSummary]
    ) -> None:
        """Read the settings of runs in a thread, because a slow disk must not block the keys.

        Then show the rows, unless something else is to be shown by then. titles: as for `show`.
        """
        from rnnlab.settings.values import default_settings

        self._wanted = summaries
        rows = await asyncio.to_thread(rows_of, runs, summaries, default_settings())
        if self.is_attached and self._wanted is summaries:
            self.show(titles, rows)

    def show(self, titles: Sequence[Text], rows: Sequence[ComparedValue]) -> None:
        """Show rows; titles: the coloured names of the runs, one per value of a row."""
        shown = ([title.markup for title in titles], list(rows))
        if shown == self._shown:
            return
        self._shown = shown
        place = self.scroll_offset
        self.clear(columns=True)
        names = [row.name.replace("_", " ") for row in rows]
        self.add_column("", width=max(map(len, names), default=0))
        for number, title in enumerate(titles):
            widths = [len(visible(row.values[number], newline="⏎")) for row in rows]
            width = min(max([*widths, title.cell_len, _NARROWEST]), _WIDEST)
            self.add_column(title, width=width)
        for name, row in zip(names, rows, strict=True):
            values = (_cell(visible(value, newline="⏎")) for value in row.values)
            self.add_row(Text(name, "dim"), *values)
        self.scroll_to(*place, animate=False)

    def show_text(self, text: str) -> None:
        """Show a message in place of the table."""
        self._shown = self._wanted = None
        self.clear(columns=True)
        self.add_column(Text(text, "dim"))

    @property
    def names(self) -> list[str]:
        """The headers of the columns, without colours."""
        return [str(column.label).strip("▎") for column in self.ordered_columns]


def _cell(text: str) -> Text:
    cell = Text(text, no_wrap=True)
    cell.truncate(_WIDEST, overflow="ellipsis")
    return cell
