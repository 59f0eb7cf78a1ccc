"""Sizes that are known before the first layout, so that there is no second one."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.widgets import Static

from rnnlab.tui.shell.row_list import RowList
from rnnlab.tui.shell.size_ahead import size_ahead
from tests.toys.host import shown

NUM_ROWS = 5


class Panes(Vertical):
    """A list as high as its rows; below it, a pane with a border that takes the rest."""

    DEFAULT_CSS = """
    Panes RowList { height: auto; }
    Panes Horizontal { height: 1fr; }
    Panes #rest { width: 1fr; height: 100%; border: round red; }
    Panes #hidden { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows = RowList("rows")
        self.rest, self.hidden = Static(id="rest"), Static(id="hidden")
        self.sizes: list[Size] = []
        self.ahead: list[Size] = []

    def compose(self) -> ComposeResult:
        yield self.rows
        with Horizontal():
            yield self.rest
            yield self.hidden

    def on_mount(self) -> None:
        self.rows.add_column(Text("run"))
        for number in range(NUM_ROWS):
            self.rows.add_row(Text(str(number)))
        self.sizes.append(self.rest.size)
        self.ahead += [size_ahead(self.rest), size_ahead(self.hidden)]


async def test_the_size_ahead_is_that_of_the_next_layout_and_counts_the_rows_of_a_list() -> None:
    panes = Panes()
    async with shown(panes, size=(80, 24)):
        assert panes.sizes == [Size(0, 0)]
        assert panes.rows.size.height == NUM_ROWS + 1
        assert panes.ahead == [panes.rest.content_size, Size(0, 0)]
        assert panes.ahead[0] == Size(78, 24 - (NUM_ROWS + 1) - 2)
