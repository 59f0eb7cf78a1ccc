"""The charts of the selected runs: one large, others as they fit, all with the same viewport."""

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
"""Default order of the charts; others follow by name."""
LOG_KEY = "y"
"""Key that switches the log scale."""
SMOOTHINGS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
"""EMA factors that the smoothing keys step through."""

_AXES: tuple[Axis, ...] = ("step", "epoch", "time")
_MOST_Y_ZOOM = 12
"""Steps of the zoom of the y axis, in and out: a factor of 130."""
_MIN_WIDTH = 56
_MIN_HEIGHT = 9
"""Size of the smallest chart, in cells."""
_FRACTION_BELOW = 0.45
"""Fraction of the height for the charts below the first one, if they fit."""


@dataclass(frozen=True)
class GridView:
    """The view of the charts that is saved across starts."""

    axis: Axis = "step"
    is_log: bool = False
    smoothing: float = 0.0
    order: tuple[str, ...] = ()
    """Names of the charts in their order; charts not named follow."""
    is_single: bool = False
    """Whether only the first chart is shown, in the whole pane."""


class PlotGrid(Grid, can_focus=True):
    """The first chart, large, and below it as many others as are readable."""

    BORDER_TITLE = "Charts"

    def __init__(self, state: LabState) -> None:
        super().__init__(id="plots")
        known = registry.names("plots")
        first = [name for name in FIRST_CHARTS if name in known]
        self._panes = {
            name: ChartPane(name, state, log_key=LOG_KEY)
            for name in dict.fromkeys([*first, *known])
        }
        self._order = list(self._panes)
        self._runs: tuple[NamedHistory, ...] = ()
        self._axis: Axis = "step"
        self._is_log = False
        self._is_single = False
        self.viewport = Viewport()

    def compose(self) -> ComposeResult:
        """Yield a pane per chart; those that do not fit are hidden."""
        yield from self._panes.values()

    @property
    def view(self) -> GridView:
        """The view to save."""
        return GridView(
            self._axis, self._is_log, self.viewport.smoothing, tuple(self._order), self._is_single
        )

    def set_view(self, view: GridView) -> None:
        """Restore a saved view; ignore charts that no longer exist."""
        self._axis = view.axis
        self._is_log = view.is_log
        self._is_single = view.is_single
        self.viewport = replace(self.viewport, smoothing=view.smoothing)
        first = [name for name in view.order if name in self._panes]
        self._order = list(dict.fromkeys([*first, *self._order]))
        if self.is_mounted:
            self._sort()

    def on_mount(self) -> None:
        """Put the charts in their order."""
        self._sort()

    def show(self, runs: Sequence[NamedHistory]) -> None:
        """Show these runs on every visible chart."""
        self._runs = tuple(runs)
        self._show_visible()

    # The actions

    def next_chart(self, by: int = 1) -> None:
        """Rotate the order of the charts, so that the next (1) or last (-1) one comes first."""
        self._order = self._order[by:] + self._order[:by]
        self._sort()

    def toggle_single(self) -> bool:
        """Show only the first chart, or the grid; return True for one chart."""
        self._is_single = not self._is_single
        self._arrange()
        return self._is_single

    def next_axis(self) -> str:
        """Switch to the next unit of the x axis; return its name."""
        self._axis = _AXES[(_AXES.index(self._axis) + 1) % len(_AXES)]
        # Window and cursor were in the old unit.
        self.viewport = replace(self.viewport, window=ALL, cursor=None)
        self._show_visible()
        return self._axis

    def toggle_log(self) -> bool:
        """Switch the log scale (y) on or off; return True if it is now on."""
        self._is_log = not self._is_log
        self._show_visible()
        return self._is_log

    def smooth(self, by: int) -> float:
        """Smooth more (1) or less (-1); return the new EMA factor."""
        nearest = min(
            range(len(SMOOTHINGS)), key=lambda i: abs(SMOOTHINGS[i] - self.viewport.smoothing)
        )
        smoothing = SMOOTHINGS[min(max(nearest + by, 0), len(SMOOTHINGS) - 1)]
        self._set_viewport(replace(self.viewport, smoothing=smoothing))
        return smoothing

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Widen the x window by `factor`, around a position, the cursor, or the end."""
        whole = self._whole()
        if whole is not None:
            around = self.viewport.cursor if around is None else around
            window = self.viewport.window.zoomed(whole, factor, around)
            self._set_viewport(replace(self.viewport, window=window))

    def zoom_heights(self, steps: int) -> None:
        """Zoom the y axis in by `steps`, or out if negative, until all points are inside."""
        y_zoom = min(max(self.viewport.y_zoom + steps, -_MOST_Y_ZOOM), _MOST_Y_ZOOM)
        self._set_viewport(replace(self.viewport, y_zoom=y_zoom))

    def pan(self, share: float) -> None:
        """Move the x window by a fraction of its width."""
        whole = self._whole()
        if whole is not None:
            window = self.viewport.window.panned(whole, share)
            self._set_viewport(replace(self.viewport, window=window))

    def show_all(self) -> None:
        """Show all steps at the default heights, without a cursor."""
        self._set_viewport(replace(self.viewport, window=ALL, cursor=None, y_zoom=0))

    def toggle_live(self) -> str:
        """Follow the newest steps, or freeze the x window; return the new mode."""
        whole = self._whole()
        if whole is not None:
            window = self.viewport.window
            window = window.frozen(whole) if window.mode == "live" else window.following(whole)
            self._set_viewport(replace(self.viewport, window=window))
        return self.viewport.window.mode

    def move_cursor(self, columns: int) -> None:
        """Move the cursor of all charts; the first call makes it appear."""
        pane = self._panes[self._order[0]]
        cursor = moved_cursor(pane.chart, self.viewport, columns, pane.num_columns)
        if cursor is not None:
            self._set_viewport(replace(self.viewport, cursor=cursor))

    def drop_cursor(self) -> bool:
        """Remove the cursor; return True if there was one."""
        had_cursor = self.viewport.cursor is not None
        self._set_viewport(replace(self.viewport, cursor=None))
        return had_cursor

    # The mouse

    @on(ChartPointed)
    def point(self, message: ChartPointed) -> None:
        """Set the cursor."""
        message.stop()
        self._set_viewport(replace(self.viewport, cursor=message.x))

    @on(ChartZoomed)
    def turn(self, message: ChartZoomed) -> None:
        """Zoom around the mouse."""
        message.stop()
        self.zoom(message.factor, message.x)

    @on(ChartDragged)
    def drag(self, message: ChartDragged) -> None:
        """Pan with the mouse."""
        message.stop()
        self.pan(-message.share)

    def on_resize(self, event: events.Resize) -> None:
        """Show as many charts as fit."""
        self._arrange()

    def _whole(self) -> Extent | None:
        return extent(self._panes[self._order[0]].chart)

    def _set_viewport(self, viewport: Viewport) -> None:
        if viewport != self.viewport:
            self.viewport = viewport
            self._show_visible()

    def _sort(self) -> None:
        for name in self._order:
            self.move_child(self._panes[name], after=self.children[-1])
        self._arrange()

    def _arrange(self) -> None:
        """Show the first chart largest, across the top, and below it as many as are readable."""
        width, height = self.content_size
        columns = max(1, width // _MIN_WIDTH)
        rows_below = min(height // _MIN_HEIGHT - 1, int(height * _FRACTION_BELOW) // _MIN_HEIGHT)
        if height >= 2 * _MIN_HEIGHT:
            rows_below = max(rows_below, 1)
        num_below = 0 if self._is_single else columns * max(rows_below, 0)
        num = min(1 + num_below, len(self._order))
        columns = max(1, min(columns, num - 1))
        rows_below = -(-(num - 1) // columns)
        below = max(_MIN_HEIGHT, int(height * _FRACTION_BELOW) // max(rows_below, 1))
        self.styles.grid_size_columns = columns
        self.styles.grid_size_rows = 1 + rows_below
        self.styles.grid_rows = " ".join(["1fr", *[str(below)] * rows_below])
        for place, name in enumerate(self._order):
            pane = self._panes[name]
            pane.display = place < num
            pane.styles.column_span = columns if place == 0 else 1
        self._show_visible()

    def _show_visible(self) -> None:
        shown = [pane for name in self._order if (pane := self._panes[name]).display]
        for turn, pane in enumerate(shown):
            pane.show(self._runs, self._axis, self.viewport, is_log=self._is_log, turn=turn)
