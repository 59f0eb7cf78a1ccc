"""The charts of the selected runs: one large, others as they fit, all with the same viewport."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from textual import events
from textual.app import ComposeResult
from textual.containers import Grid
from textual.geometry import Size

from rnnlab.base import registry
from rnnlab.plots import Axis, NamedHistory
from rnnlab.tui.charts.chart_canvas import ChartCanvas
from rnnlab.tui.charts.chart_pane import ChartPane
from rnnlab.tui.charts.controls import ChartControls
from rnnlab.tui.shell.size_ahead import size_ahead
from rnnlab.tui.state.lab_state import LabState

FIRST_CHARTS = ("loss", "grad-norm", "layer-norms", "throughput", "learning-rate")
"""Default order of the charts; charts that are not listed follow alphabetically."""

_KEYS = "y log scale · x axis · +/- smooth · M metrics"
_KEYS_IN_FOCUS = (f"← → cursor · ↑ ↓ zoom · {_KEYS}", "← → cursor · ↑ ↓ zoom")
_KEYS_WITHOUT_FOCUS = (f"{_KEYS} · tab more keys", "tab chart keys")
"""The main keys in the border, as they fit; the help has all of them."""
_BESIDE_KEYS = 14
"""Columns of a border that the keys leave free, for the title in a low pane."""
_MIN_WIDTH = 56
_MIN_HEIGHT = 9
"""Size of the smallest chart, in cells."""
_FRACTION_BELOW = 0.45
"""Fraction of the height for the charts below the first one, if they fit."""


def default_order() -> list[str]:
    """Return the names of all plots in their default order."""
    known = registry.names("plots")
    return list(dict.fromkeys([*(name for name in FIRST_CHARTS if name in known), *known]))


@cache
def _of_classifiers() -> frozenset[str]:
    """Return the names of the plots that only classifiers have."""
    return frozenset(
        name
        for name in registry.names("plots")
        if getattr(registry.load("plots", name), "IS_FOR_CLASSIFIERS", False)
    )


@dataclass(frozen=True)
class GridView:
    """The settings of the charts that are saved across starts."""

    axis: Axis = "step"
    is_log: bool = False
    smoothing: float = 0.0
    order: tuple[str, ...] = ()
    """Names of the charts in the order shown; charts that are not named follow."""
    is_single: bool = False
    """Whether only the first chart is shown, in the whole pane."""
    off: tuple[str, ...] = ()
    """Names of the charts that are not shown."""


class PlotGrid(ChartControls, Grid, can_focus=True):
    """A grid of charts, with as many columns and rows as leave each chart readable."""

    BORDER_TITLE = "Charts"
    BORDER_SUBTITLE = _KEYS_WITHOUT_FOCUS[0]

    def __init__(self, state: LabState, name: str = "plots") -> None:
        """name: id of the widget."""
        Grid.__init__(self, id=name)
        ChartControls.__init__(self)
        self._order = default_order()
        self._panes = {name: ChartPane(name, state) for name in self._order}
        self._off: frozenset[str] = frozenset()
        self._runs: tuple[NamedHistory, ...] = ()
        self._num_unread = 0
        """Number of runs whose journals have not been read yet."""
        self._is_single = False
        self._size_ahead = Size(0, 0)
        """Size for which the charts are arranged before the first layout."""

    def compose(self) -> ComposeResult:
        """Yield a pane per chart; panes that do not fit are hidden."""
        yield from self._panes.values()

    @property
    def view(self) -> GridView:
        """The current settings, to be saved."""
        return GridView(
            self.axis, self.is_log, self.viewport.smoothing, tuple(self._order), self._is_single,
            tuple(name for name in self._order if name in self._off),
        )  # fmt: skip

    def set_view(self, view: GridView) -> None:
        """Restore saved settings; ignore charts that no longer exist."""
        if view == self.view:
            return
        self.axis = view.axis
        self.is_log = view.is_log
        self._is_single = view.is_single
        self.viewport = replace(self.viewport, smoothing=view.smoothing)
        first = [name for name in view.order if name in self._panes]
        self._order = list(dict.fromkeys([*first, *self._order]))
        off = frozenset(view.off) & self._panes.keys()
        self._off = off if len(off) < len(self._panes) else frozenset()
        if self.is_mounted:
            self._sort()

    def on_mount(self) -> None:
        """Put the charts in their order."""
        self._sort()
        self.watch(self, "has_focus", self.show_keys, init=False)

    def show(self, runs: Sequence[NamedHistory]) -> None:
        """Show these runs on every visible chart."""
        before, self._runs = self.names, tuple(runs)
        if (num_unread := sum(not run.is_read for run in self._runs)) != self._num_unread:
            self._num_unread = num_unread
            self.show_keys()
        if self.is_mounted and self.names != before:
            self._sort()
        self.show_again()

    def front(self) -> ChartCanvas:
        """Return the first chart: all have the same x axis."""
        return self._panes[self.names[0]]

    def next_chart(self, by: int = 1) -> None:
        """Rotate the order of the charts: the second (1) or last (-1) one becomes the first."""
        chosen = self.names
        chosen = chosen[by:] + chosen[:by]
        self._order = [*chosen, *(name for name in self._order if name not in chosen)]
        self._sort()

    def toggle_single(self) -> bool:
        """Show only the first chart, or the grid; return True for one chart."""
        self._is_single = not self._is_single
        self._arrange()
        return self._is_single

    def on_resize(self, event: events.Resize) -> None:
        """Show as many charts as fit."""
        self._arrange()
        self.show_keys()

    def show_keys(self) -> None:
        """Name the main keys in the border, or in the title of a pane without a lower border."""
        has_subtitle = bool(self.styles.border_bottom[0])
        choices = _KEYS_IN_FOCUS if self.has_focus else _KEYS_WITHOUT_FOCUS
        keys = next((keys for keys in choices if len(keys) <= self.size.width - _BESIDE_KEYS), "")
        self.border_subtitle = keys if has_subtitle else ""
        title = self.BORDER_TITLE
        if self._num_unread:  # the charts show the other runs meanwhile
            title = f"{title}: reading {self._num_unread} of {len(self._runs)} runs…"
        self.border_title = (
            title if has_subtitle or not (keys and self.has_focus) else f"{title}: {keys}"
        )

    def fit(self) -> None:
        """Show as many charts as will fit; once the grid has a size, do nothing."""
        if not self.size:
            self._size_ahead = size_ahead(self)
            self._arrange()

    @property
    def names(self) -> list[str]:
        """Return the charts that are not switched off and that the runs have, in their order.

        In the default order, the accuracy of classifiers is next to their loss.
        """
        order, of_classes = self._order, _of_classifiers()
        are_classes = {run.unit == "document" for run in self._runs}
        if are_classes == {True} and order == default_order():
            order = [order[0], *of_classes, *(n for n in order[1:] if n not in of_classes)]
        hidden = self._off.union(of_classes) if are_classes == {False} else self._off
        return [name for name in order if name not in hidden] or [order[0]]

    def _sort(self) -> None:
        chosen = self.names
        order = [*chosen, *(name for name in self._order if name not in chosen)]
        panes = [self._panes[name] for name in order]
        shown = panes[: len(chosen)]  # the order of the others is not seen
        # The grid has no charts before it is composed, nor while the app closes.
        if self.children and [pane for pane in self.children if pane in shown] != shown:
            for pane in panes:
                self.move_child(pane, after=self.children[-1])
        self._arrange()

    def _arrange(self) -> None:
        """Show the first chart largest, across the top, and below it as many as are readable."""
        width, height = self.content_size or self._size_ahead
        chosen = self.names
        columns = max(1, width // _MIN_WIDTH)
        rows_below = min(height // _MIN_HEIGHT - 1, int(height * _FRACTION_BELOW) // _MIN_HEIGHT)
        if height >= 2 * _MIN_HEIGHT:
            rows_below = max(rows_below, 1)
        num_below = 0 if self._is_single else columns * max(rows_below, 0)
        num = min(1 + num_below, len(chosen))
        columns = max(1, min(columns, num - 1))
        rows_below = -(-(num - 1) // columns)
        below = max(_MIN_HEIGHT, int(height * _FRACTION_BELOW) // max(rows_below, 1))
        self.styles.grid_size_columns = columns
        self.styles.grid_size_rows = 1 + rows_below
        self.styles.grid_rows = " ".join(["1fr", *[str(below)] * rows_below])
        for name, pane in self._panes.items():
            place = chosen.index(name) if name in chosen else num
            pane.display = place < num
            pane.styles.column_span = columns if place == 0 else 1
        self.show_again()

    def show_again(self) -> None:
        """Show the runs on every visible chart."""
        shown = [pane for name in self.names if (pane := self._panes[name]).display]
        for turn, pane in enumerate(shown):
            pane.show(self._runs, self.axis, self.viewport, is_log=self.is_log, turn=turn)
