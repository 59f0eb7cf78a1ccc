"""The dialog that chooses the charts and their order, and whether seeds are averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from rnnlab.base import registry
from rnnlab.tui.charts.plot_grid import default_order
from rnnlab.tui.shell.dialogs.dialog import Dialog
from rnnlab.tui.shell.option_rows import OptionRows

_MEANS = "means"
_ABOUT_MEANS = "one curve, with a band, for runs that differ by their seed alone"


class MetricsChoice(NamedTuple):
    """The charts as the user has chosen them."""

    order: tuple[str, ...]
    """Names of all charts; those that are shown come in this order."""
    off: frozenset[str]
    """Names of the charts that are not shown."""
    has_means: bool
    """Whether runs that differ by their seed alone are drawn as one mean with a band."""


class MetricsScreen(Dialog[MetricsChoice | None]):
    """A dialog that returns the choice; None after escape."""

    BINDINGS = [
        ("escape", "dismiss(None)", "Cancel"),
        Binding("space", "switch", "Show", priority=True),
        Binding("shift+up,K", "move(-1)", "Earlier", priority=True),
        Binding("shift+down,J", "move(1)", "Later", priority=True),
        Binding("0", "reset", "Defaults"),
        Binding("j", "step('down')", show=False),
        Binding("k", "step('up')", show=False),
    ]

    def __init__(self, order: Sequence[str], off: Sequence[str], *, has_means: bool) -> None:
        super().__init__()
        self._order = list(order)
        self._off = set(off)
        self._has_means = has_means
        self._about = {name: registry.summary("plots", name) for name in order}

    def compose(self) -> ComposeResult:
        """Yield a row per chart, then the row of the means."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Charts: which, and in which order"
            yield OptionRows(id="metrics", markup=False)
            keys = "space show or hide · K J move · 0 defaults · enter done · esc cancel"
            yield Static(keys, classes="hint", markup=False)

    def on_mount(self) -> None:
        """Fill the list, with the cursor on the first chart."""
        self._fill(self._order[0])

    def action_switch(self) -> None:
        """Show or hide the chart under the cursor; one chart always stays."""
        name = self._chosen
        if name == _MEANS:
            self._has_means = not self._has_means
        elif name in self._off:
            self._off.remove(name)
        elif len(self._off) < len(self._order) - 1:
            self._off.add(name)
        self._fill(name)

    def action_move(self, by: int) -> None:
        """Move the chart under the cursor up or down."""
        name = self._chosen
        if name != _MEANS:
            place = self._order.index(name)
            self._order.remove(name)
            self._order.insert(max(place + by, 0), name)
            self._fill(name)

    def action_reset(self) -> None:
        """Return to all charts in the default order."""
        self._order, self._off, self._has_means = default_order(), set(), True
        self._fill(self._order[0])

    def action_step(self, way: str) -> None:
        """Move the cursor."""
        getattr(self._rows, f"action_cursor_{way}")()

    @on(OptionList.OptionSelected)
    def take(self) -> None:
        """Close and return the choice."""
        self.dismiss(MetricsChoice(tuple(self._order), frozenset(self._off), self._has_means))

    @property
    def _rows(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def _chosen(self) -> str:
        option = self._rows.highlighted_option
        return (option.id if option is not None else None) or self._order[0]

    def _fill(self, chosen: str) -> None:
        names = [*self._order, _MEANS]
        width = max(map(len, names))
        self._rows.clear_options()
        for name in names:
            is_on = self._has_means if name == _MEANS else name not in self._off
            about = _ABOUT_MEANS if name == _MEANS else self._about[name]
            self._rows.add_option(Option(_row(name, about, width, is_on=is_on), id=name))
        self._rows.highlighted = names.index(chosen)


def _row(name: str, about: str, width: int, *, is_on: bool) -> Table:
    row = Table.grid(padding=(0, 1))
    row.add_column(width=3)
    row.add_column(width=width)
    row.add_row(
        Text("[x]" if is_on else "[ ]"), Text(name, "" if is_on else "dim"), Text(about, "dim")
    )
    return row
