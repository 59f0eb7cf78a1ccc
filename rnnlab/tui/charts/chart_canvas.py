"""A widget that shows charts, stacked; only changed cells are repainted. The mouse steers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from rnnlab.plots import Chart, Drawing, DrawStyle, Viewport, drawing, looked_at
from rnnlab.tui.charts.ansi_line import strip_of
from rnnlab.tui.charts.changed_cells import changed_spans
from rnnlab.tui.charts.draw_style import draw_style
from rnnlab.tui.messages import ChartDragged, ChartPointed, ChartZoomed
from rnnlab.tui.state.lab_state import LabState

LOG_KEY = "y"
"""Key that switches the log scale."""
_WHEEL = 0.8


class ChartCanvas(Widget):
    """Charts drawn at the size of the widget; a click, a drag and the wheel post messages."""

    has_whole_legend = False
    """Whether a chart's legend has all curves; the drawing may then have more lines."""

    def __init__(self, state: LabState, name: str = "") -> None:
        """name: id of the widget; empty for none."""
        super().__init__(id=name or None)
        self._state = state
        self._viewport = Viewport()
        self._drawings: list[Drawing] = []
        self._drawn_style: DrawStyle | None = None
        self._strips: list[Strip] = []
        self._known: dict[str, Strip] = {}
        self._grabbed: int | None = None

    @property
    def charts(self) -> Sequence[Chart]:
        """The charts of the current data, before the viewport is applied."""
        raise NotImplementedError

    @property
    def chart(self) -> Chart:
        """The first chart, with the curves of all."""
        first, *others = self.charts
        curves = tuple(curve for chart in others for curve in chart.curves)
        return replace(first, curves=first.curves + curves) if curves else first

    @property
    def text(self) -> str:
        """The drawn charts as text, without colours."""
        return "\n".join(strip.text for strip in self._strips)

    @property
    def num_lines(self) -> int:
        """Number of lines of the drawing."""
        return len(self._strips)

    @property
    def num_columns(self) -> int:
        """Width of the plot area, in columns."""
        return self._drawings[0].columns if self._drawings else 0

    @property
    def has_wheel(self) -> bool:
        """Whether the wheel zooms the charts; if not, it scrolls what contains them."""
        return True

    def redraw(self) -> None:
        """Draw the charts at the current size."""
        raise NotImplementedError

    def on_resize(self, event: events.Resize) -> None:
        """Draw the charts at the new size."""
        self.redraw()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of a region; draw them again if the theme has changed."""
        if self._drawn_style != self.draw_style():  # once per frame: it parses colours
            self.redraw()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return a line of the last drawing."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    def draw_style(self) -> DrawStyle:
        """Return the style in the current theme."""
        return draw_style(self, self._state.appearance)

    def draw_charts(self, width: int, height: int) -> None:
        """Draw all charts, one below the other, and repaint the cells that have changed."""
        self._drawn_style = self.draw_style()
        charts = self.charts
        heights = [height // len(charts)] * len(charts)
        heights[0] += height - sum(heights)
        self._drawings = [
            drawing(
                replace(looked_at(chart, self._viewport), log_key=LOG_KEY),
                width, share, style=self._drawn_style, has_whole_legend=self.has_whole_legend,
            )
            for chart, share in zip(charts, heights, strict=True)
        ]  # fmt: skip
        lines = [line for drawn in self._drawings for line in drawn.lines]
        # Reuse the strips of unchanged lines, even if they have moved to another row.
        self._known = {line: self._known.get(line) or self._strip(line, width) for line in lines}
        strips = [self._known[line] for line in lines]
        if len(strips) != len(self._strips):
            self.refresh()
        else:
            changed = [
                Region(left, y, right - left, 1)
                for y, (before, after) in enumerate(zip(self._strips, strips, strict=True))
                if before is not after
                for left, right in changed_spans(before, after)
            ]
            if changed:
                self.refresh(*changed)
        self._strips = strips

    def _strip(self, line: str, width: int) -> Strip:
        return strip_of(line).adjust_cell_length(width, self.rich_style)

    # The mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Start to drag the chart."""
        self._grabbed = event.x
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Pan the chart by the distance that the mouse has moved."""
        if self._grabbed is None or not self.num_columns:
            return
        columns = event.x - self._grabbed
        if abs(columns) >= max(1, self.num_columns // 20):
            self._grabbed = event.x
            self.post_message(ChartDragged(self, columns / self.num_columns))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """End the drag."""
        if self._grabbed is not None:
            self._grabbed = None
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor of all charts to the clicked position."""
        place = self._place(event.x, event.y)
        if place is not None:
            self.post_message(ChartPointed(self, place))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in around the mouse, or let the parent scroll."""
        self._turn(event, _WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out around the mouse, or let the parent scroll."""
        self._turn(event, 1 / _WHEEL)

    def _turn(self, event: events.MouseEvent, factor: float) -> None:
        if self.has_wheel:
            event.stop()
            self.post_message(ChartZoomed(self, factor, self._place(event.x, event.y)))

    def _place(self, column: int, row: int) -> float | None:
        """Return the x-axis position of a cell of the widget; None outside the plot areas."""
        for drawn in self._drawings:
            if row < len(drawn.lines):
                return drawn.place(column)
            row -= len(drawn.lines)
        return None
