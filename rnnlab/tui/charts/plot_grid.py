"""The charts of the selected runs, as many as there is room for, all looked at alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Grid

from rnnlab.base import registry
from rnnlab.plots import ALL, Axis, Extent, NamedHistory, Viewport, extent, moved_cursor
from rnnlab.tui.charts.chart_pane import ChartPane
from rnnlab.tui.messages import ChartDragged, ChartPointed, ChartZoomed
from rnnlab.tui.state import LabState

FIRST_CHARTS = ("loss", "grad-norm", "layer-norms", "throughput", "learning-rate")
"""Order in which charts get room; others follow by name."""
SMOOTHINGS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
"""Steps of the smoothing keys."""

_AXES: tuple[Axis, ...] = ("step", "epoch", "time")
_MIN_WIDTH = 56
_MIN_HEIGHT = 9


@dataclass(frozen=True)
class GridView:
    """How the charts are looked at; kept across starts."""

    axis: Axis = "step"
    is_log: bool = False
    smoothing: float = 0.0
    order: tuple[str, ...] = ()
    """Charts, the first one first; those not named follow."""
    is_single: bool = False
    """Whether only the first chart is shown, as large as there is room."""


class PlotGrid(Grid, can_focus=True):
    """Charts in a grid of as many columns and rows as can be read."""

    BORDER_TITLE = "Charts"

    def __init__(self, state: LabState) -> None:
        super().__init__(id="plots")
        known = registry.names("plots")
        first = [name for name in FIRST_CHARTS if name in known]
        self._panes = {name: ChartPane(name, state) for name in dict.fromkeys([*first, *known])}
        self._order = list(self._panes)
        self._runs: tuple[NamedHistory, ...] = ()
        self._axis: Axis = "step"
        self._is_log = False
        self._is_single = False
        self.look = Viewport()

    def compose(self) -> ComposeResult:
        """Make a pane for every chart there is; those without room are hidden."""
        yield from self._panes.values()

    @property
    def view(self) -> GridView:
        """How the charts are looked at."""
        return GridView(
            self._axis, self._is_log, self.look.smoothing, tuple(self._order), self._is_single
        )

    def set_view(self, view: GridView) -> None:
        """Look at the charts as before; charts that are gone are passed over."""
        self._axis = view.axis
        self._is_log = view.is_log
        self._is_single = view.is_single
        self.look = replace(self.look, smoothing=view.smoothing)
        first = [name for name in view.order if name in self._panes]
        self._order = list(dict.fromkeys([*first, *self._order]))
        if self.is_mounted:
            self._sort()

    def on_mount(self) -> None:
        """Bring the charts into their order."""
        self._sort()

    def show(self, runs: Sequence[NamedHistory]) -> None:
        """Show these runs on every visible chart."""
        self._runs = tuple(runs)
        self._show_visible()

    # What keys and palette do

    def next_chart(self, by: int = 1) -> None:
        """Give the first place to the next chart, or to the one before."""
        self._order = self._order[by:] + self._order[:by]
        self._sort()

    def toggle_single(self) -> bool:
        """Show one chart only, or the grid; return whether it is one."""
        self._is_single = not self._is_single
        self._arrange()
        return self._is_single

    def next_axis(self) -> str:
        """Change what runs along the charts; return its name."""
        self._axis = _AXES[(_AXES.index(self._axis) + 1) % len(_AXES)]
        self.look = replace(self.look, window=ALL, cursor=None)  # they were in the old unit
        self._show_visible()
        return self._axis

    def toggle_log(self) -> bool:
        """Switch logarithmic heights on or off; return whether they are on."""
        self._is_log = not self._is_log
        self._show_visible()
        return self._is_log

    def smooth(self, by: int) -> float:
        """Smooth more or less; return how much the average remembers."""
        nearest = min(
            range(len(SMOOTHINGS)), key=lambda i: abs(SMOOTHINGS[i] - self.look.smoothing)
        )
        chosen = SMOOTHINGS[min(max(nearest + by, 0), len(SMOOTHINGS) - 1)]
        self._look_at(replace(self.look, smoothing=chosen))
        return chosen

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Show `factor` times as much, about the cursor where there is one."""
        whole = self._whole()
        if whole is not None:
            around = self.look.cursor if around is None else around
            self._look_at(replace(self.look, window=self.look.window.zoomed(whole, factor, around)))

    def pan(self, share: float) -> None:
        """Move along by a share of what is shown."""
        whole = self._whole()
        if whole is not None:
            self._look_at(replace(self.look, window=self.look.window.panned(whole, share)))

    def show_all(self) -> None:
        """Show everything, without a cursor."""
        self._look_at(replace(self.look, window=ALL, cursor=None))

    def toggle_live(self) -> str:
        """Follow the newest, or stand still; return what it does now."""
        whole = self._whole()
        if whole is not None:
            window = self.look.window
            window = window.frozen(whole) if window.mode == "live" else window.following(whole)
            self._look_at(replace(self.look, window=window))
        return self.look.window.mode

    def move_cursor(self, columns: int) -> None:
        """Move the value cursor of all charts; the first key press makes it appear."""
        pane = self._panes[self._order[0]]
        cursor = moved_cursor(pane.chart, self.look, columns, pane.num_columns)
        if cursor is not None:
            self._look_at(replace(self.look, cursor=cursor))

    def drop_cursor(self) -> bool:
        """Take the cursor away; tell whether there was one."""
        had_cursor = self.look.cursor is not None
        self._look_at(replace(self.look, cursor=None))
        return had_cursor

    # The mouse

    @on(ChartPointed)
    def point(self, message: ChartPointed) -> None:
        """Set the cursor."""
        message.stop()
        self._look_at(replace(self.look, cursor=message.x))

    @on(ChartZoomed)
    def turn(self, message: ChartZoomed) -> None:
        """Zoom about the mouse."""
        message.stop()
        self.zoom(message.factor, message.x)

    @on(ChartDragged)
    def drag(self, message: ChartDragged) -> None:
        """Pan with the mouse."""
        message.stop()
        self.pan(-message.share)

    def on_resize(self, event: events.Resize) -> None:
        """Make as many charts as there is room for."""
        self._arrange()

    # Within

    def _whole(self) -> Extent | None:
        return extent(self._panes[self._order[0]].chart)

    def _look_at(self, look: Viewport) -> None:
        if look != self.look:
            self.look = look
            self._show_visible()

    def _sort(self) -> None:
        for name in self._order:
            self.move_child(self._panes[name], after=self.children[-1])
        self._arrange()

    def _arrange(self) -> None:
        width, height = self.content_size
        columns = max(1, width // _MIN_WIDTH)
        rows = max(1, height // _MIN_HEIGHT)
        num = 1 if self._is_single else min(columns * rows, len(self._order))
        columns = min(columns, num)
        self.styles.grid_size_columns = columns
        self.styles.grid_size_rows = -(-num // columns)
        for place, name in enumerate(self._order):
            self._panes[name].display = place < num
        self._show_visible()

    def _show_visible(self) -> None:
        shown = [pane for name in self._order if (pane := self._panes[name]).display]
        for turn, pane in enumerate(shown):
            pane.show(self._runs, self._axis, self.look, is_log=self._is_log, turn=turn)
