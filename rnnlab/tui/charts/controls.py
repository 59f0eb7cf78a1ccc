"""What the keys and the mouse do to the charts: the same on every screen."""

from __future__ import annotations

from dataclasses import replace

from rnnlab.plots import ALL, Axis, Chart, Extent, Viewport, extent, moved_cursor, pointed_cursor
from rnnlab.tui.charts.chart_canvas import ChartCanvas
from rnnlab.tui.messages import ChartDragged, ChartPointed, ChartZoomed

SMOOTHINGS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
"""EMA factors that the smoothing keys step through."""

_AXES: tuple[Axis, ...] = ("step", "epoch", "time")
_MOST_Y_ZOOM = 12
"""Maximum number of steps by which the y axis zooms in or out; together a factor of 130."""


class ChartControls:
    """Mixin of a widget that contains charts: their common viewport, axis and scale."""

    def __init__(self) -> None:
        self.axis: Axis = "step"
        self.is_log = False
        self.viewport = Viewport()

    # What a widget with charts provides

    def front(self) -> ChartCanvas | None:
        """Return the chart that the keys act on; None if there is none."""
        raise NotImplementedError

    def show_again(self) -> None:
        """Show all charts with the current viewport, axis and scale."""
        raise NotImplementedError

    def bring_to_front(self, canvas: ChartCanvas) -> None:
        """Make the keys act on a chart that the mouse has touched, if charts differ in x axis."""

    # The actions

    def next_axis(self) -> str:
        """Switch to the next unit of the x axis; return its name."""
        self.axis = _AXES[(_AXES.index(self.axis) + 1) % len(_AXES)]
        # The window and the cursor are positions in the old unit.
        self.viewport = replace(self.viewport, window=ALL, cursor=None)
        self.show_again()
        return self.axis

    def toggle_log(self) -> bool:
        """Switch the log scale (y) on or off; return True if it is now on."""
        self.is_log = not self.is_log
        self.show_again()
        return self.is_log

    def smooth(self, by: int) -> float:
        """Smooth more (1) or less (-1); return the new EMA factor."""
        nearest = min(
            range(len(SMOOTHINGS)), key=lambda i: abs(SMOOTHINGS[i] - self.viewport.smoothing)
        )
        smoothing = SMOOTHINGS[min(max(nearest + by, 0), len(SMOOTHINGS) - 1)]
        self.set_viewport(replace(self.viewport, smoothing=smoothing))
        return smoothing

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Widen the x window by `factor` around a position; None: around the cursor, if any."""
        whole = self._whole()
        if whole is not None:
            around = self.viewport.cursor if around is None else around
            window = self.viewport.window.zoomed(whole, factor, around)
            self.set_viewport(replace(self.viewport, window=window))

    def zoom_heights(self, steps: int) -> None:
        """Zoom the y axis in by `steps`; if negative, zoom out, at most until all points fit."""
        y_zoom = min(max(self.viewport.y_zoom + steps, -_MOST_Y_ZOOM), _MOST_Y_ZOOM)
        self.set_viewport(replace(self.viewport, y_zoom=y_zoom))

    def pan(self, share: float) -> None:
        """Move the x window by a fraction of its width."""
        whole = self._whole()
        if whole is not None:
            window = self.viewport.window.panned(whole, share)
            self.set_viewport(replace(self.viewport, window=window))

    def show_all(self) -> None:
        """Show all steps at the default heights, without a cursor."""
        self.set_viewport(replace(self.viewport, window=ALL, cursor=None, y_zoom=0))

    def toggle_live(self) -> str:
        """Follow the newest steps, or freeze the x window; return the new mode."""
        whole = self._whole()
        if whole is not None:
            window = self.viewport.window
            window = window.frozen(whole) if window.mode == "live" else window.following(whole)
            self.set_viewport(replace(self.viewport, window=window))
        return self.viewport.window.mode

    def move_cursor(self, columns: int) -> None:
        """Move the cursor of all charts by `columns`; the first call makes it appear."""
        front = self.front()
        if front is not None:
            cursor = moved_cursor(front.chart, self.viewport, columns, front.num_columns)
            if cursor is not None:
                self.point_at(cursor)

    def move_cursor_to_end(self, *, is_first: bool) -> None:
        """Move the cursor to the first or the last point of the charts."""
        chart = self._chart()
        cursor = moved_cursor(chart, Viewport(), 1 if is_first else -1, 1) if chart else None
        if cursor is not None:
            self.point_at(cursor)

    def point_at(self, cursor: float | None) -> None:
        """Move the cursor to a position, and the x window so that it contains the position."""
        window, whole = self.viewport.window, self._whole()
        if cursor is not None and whole is not None and window.mode != "all":
            shown = window.shown(whole)
            if not shown.low <= cursor <= shown.high:
                window = window.panned(whole, (cursor - shown.middle) / shown.width)
        self.set_viewport(replace(self.viewport, cursor=cursor, window=window))

    def drop_cursor(self) -> bool:
        """Remove the cursor; return True if there was one."""
        had_cursor = self.viewport.cursor is not None
        self.set_viewport(replace(self.viewport, cursor=None))
        return had_cursor

    def set_viewport(self, viewport: Viewport) -> None:
        """Show the charts in another viewport."""
        if viewport != self.viewport:
            self.viewport = viewport
            self.show_again()

    def _whole(self) -> Extent | None:
        chart = self._chart()
        return extent(chart) if chart is not None else None

    def _chart(self) -> Chart | None:
        front = self.front()
        return front.chart if front is not None else None

    # The mouse

    def on_chart_pointed(self, message: ChartPointed) -> None:
        """Move the cursor to the point nearest to the clicked position."""
        message.stop()
        self._touch(message.canvas)
        chart = self._chart()
        self.point_at(pointed_cursor(chart, self.viewport, message.x) if chart else message.x)

    def on_chart_zoomed(self, message: ChartZoomed) -> None:
        """Zoom around the position of the mouse."""
        message.stop()
        self._touch(message.canvas)
        self.zoom(message.factor, message.x)

    def on_chart_dragged(self, message: ChartDragged) -> None:
        """Pan by the distance that the mouse was dragged."""
        message.stop()
        self._touch(message.canvas)
        self.pan(-message.share)

    def _touch(self, canvas: object) -> None:
        if isinstance(canvas, ChartCanvas):
            self.bring_to_front(canvas)
