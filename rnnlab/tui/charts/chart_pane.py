"""One chart on the screen: redrawn when its data change; only changed lines are repainted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from rnnlab.base import registry
from rnnlab.plots import (
    Axis,
    Chart,
    Drawing,
    DrawStyle,
    NamedHistory,
    Viewport,
    drawing,
    looked_at,
)
from rnnlab.tui.charts.draw_style import draw_style
from rnnlab.tui.messages import ChartDragged, ChartPointed, ChartZoomed
from rnnlab.tui.state.lab_state import LabState

_AFTER_KEY_S = 0.03
"""Delay in seconds before other runs are drawn, so that a key that is held down draws only once."""
_APART_S = 0.05
"""Seconds between the drawings of two charts, so that a key waits for one drawing, not for all."""
_WHEEL = 0.8


class ChartPane(Widget):
    """Show the chart of one plot; the mouse sets the cursor and pans and zooms a zoomable chart."""

    def __init__(
        self, plot: str, state: LabState, *, is_zoomable: bool = True, log_key: str = ""
    ) -> None:
        super().__init__(id=f"plot-{plot}")
        self._state = state
        self.plot = plot
        self._is_zoomable = is_zoomable
        self._log_key = log_key
        self._runs: Sequence[NamedHistory] = ()
        self._axis: Axis = "step"
        self._is_log = False
        self._viewport = Viewport()
        self._chart: tuple[object, Chart] | None = None
        self._drawn: tuple[object, list[Drawing]] | None = None
        self._strips: list[Strip] = []
        self._known: dict[str, Strip] = {}
        self._names_drawn: frozenset[str] = frozenset()
        self._chosen_at = self._drawn_at = self._due_at = 0.0
        self._cost_s = 0.0
        self._later: Timer | None = None
        self._grabbed: int | None = None

    def show(
        self,
        runs: Sequence[NamedHistory],
        axis: Axis,
        viewport: Viewport,
        *,
        is_log: bool,
        turn: int = 0,
    ) -> None:
        """Show runs; draw changes by the user at once, and new data at intervals.

        The previous runs stay visible until the journals of the new ones have been read. turn:
        number of charts to draw before this one.
        """
        is_new_view = (axis, viewport, is_log) != (self._axis, self._viewport, self._is_log)
        are_others = _names(runs) != _names(self._runs)
        now = self._state.clock()
        if are_others:
            self._chosen_at = now
        self._runs, self._axis, self._viewport, self._is_log = runs, axis, viewport, is_log
        wait_s = turn * _APART_S
        if _names(runs) != self.names_drawn:
            if all(run.history.is_read for run in runs):
                wait_s += self._chosen_at + _AFTER_KEY_S - now
                self._draw_in(wait_s, is_postponed=are_others)
        elif is_new_view:
            self._draw_in(wait_s)
        elif self._is_stale:
            outside = self._state.outside
            rest_s = max(outside.chart_every_s, self._cost_s / outside.chart_time_fraction)
            self._draw_in(max(wait_s, self._drawn_at + rest_s - now))

    @property
    def names_drawn(self) -> frozenset[str]:
        """Names of the runs in the drawn chart."""
        return self._names_drawn

    @property
    def chart(self) -> Chart:
        """The chart of the runs' current data, before the viewport is applied."""
        key = self._data_key()
        if self._chart is None or self._chart[0] != key:
            module = registry.load("plots", self.plot)
            self._chart = (key, module.chart(self._runs, self._axis, self._is_log))
        return self._chart[1]

    @property
    def text(self) -> str:
        """The drawn chart as text, without colours."""
        return "\n".join(strip.text for strip in self._strips)

    @property
    def num_columns(self) -> int:
        """Width of the plot area, in columns."""
        return self._drawn[1][0].columns if self._drawn else 0

    def on_resize(self, event: events.Resize) -> None:
        """Draw the chart at the new size."""
        self._draw()

    def render_line(self, y: int) -> Strip:
        """Return a line of the last drawing."""
        if self._is_restyled:
            self._draw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    def _key(self) -> object:
        return self._data_key(), self._viewport, self.size, self._style()

    def _data_key(self) -> object:
        """Return everything that the chart depends on, except the viewport."""
        versions = tuple((run.name, run.color, run.history.version) for run in self._runs)
        levels = tuple((run.clip, run.floor, run.published) for run in self._runs)
        return versions, levels, self._axis, self._is_log

    @property
    def _is_stale(self) -> bool:
        return self._drawn is None or self._drawn[0] != self._key()

    @property
    def _is_restyled(self) -> bool:
        """Whether the theme has changed since the last drawing."""
        return self._drawn is None or self._drawn[0][-1] != self._style()  # type: ignore[index]

    def _draw_in(self, seconds: float, *, is_postponed: bool = False) -> None:
        """Draw after a delay; if a drawing is due sooner, keep it unless it is to be postponed."""
        due_at = self._state.clock() + seconds
        if self._later is not None:
            if seconds > 0 and due_at >= self._due_at and not is_postponed:
                return
            self._later.stop()
        if seconds > 0:
            self._due_at, self._later = due_at, self.set_timer(seconds, self._draw)
        else:
            self._draw()

    def _draw(self) -> None:
        self._later = None
        key = self._key()
        if not self.size or not self.display or (self._drawn and self._drawn[0] == key):
            return
        start_s = time.perf_counter()
        drawings = self._drawings()
        self._drawn, self._names_drawn = (key, drawings), _names(self._runs)
        lines = [line for drawn in drawings for line in drawn.lines]
        # Reuse the strips of unchanged lines, even if they have moved to another row.
        self._known = {line: self._known.get(line) or self._strip(line) for line in lines}
        strips = [self._known[line] for line in lines]
        width = self.size.width
        if len(strips) != len(self._strips):
            self.refresh()
        else:
            changed = [y for y, s in enumerate(strips) if s is not self._strips[y]]
            if changed:
                self.refresh(*(Region(0, y, width, 1) for y in changed))
        self._strips = strips
        self._cost_s = time.perf_counter() - start_s
        self._drawn_at = self._state.clock()

    def _drawings(self) -> list[Drawing]:
        """Draw the chart, or one chart per unit, stacked, if the runs' losses differ in unit."""
        module = registry.load("plots", self.plot)
        charts = [self.chart]
        if getattr(module, "IS_PER_UNIT", False):
            units = list(dict.fromkeys(run.unit for run in self._runs))
            groups = [[run for run in self._runs if run.unit == unit] for unit in units]
            if len(groups) > 1:
                charts = [module.chart(group, self._axis, self._is_log) for group in groups]
        width, height = self.size
        heights = [height // len(charts)] * len(charts)
        heights[0] += height - sum(heights)
        return [
            drawing(
                replace(looked_at(chart, self._viewport), log_key=self._log_key),
                width, share, style=self._style(),
            )
            for chart, share in zip(charts, heights, strict=True)
        ]  # fmt: skip

    def _strip(self, line: str) -> Strip:
        text = Text.from_ansi(line, no_wrap=True, end="")
        strip = Strip(text.render(self.app.console))
        return strip.adjust_cell_length(self.size.width, self.rich_style)

    def _style(self) -> DrawStyle:
        return draw_style(self, self._state.appearance)

    # The mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Start to drag the chart."""
        if self._is_zoomable:
            self._grabbed = event.x
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Pan the chart by the distance that the mouse has moved."""
        if self._grabbed is None or not self.num_columns:
            return
        columns = event.x - self._grabbed
        if abs(columns) >= max(1, self.num_columns // 20):
            self._grabbed = event.x
            self.post_message(ChartDragged(columns / self.num_columns))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """End the drag."""
        if self._grabbed is not None:
            self._grabbed = None
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor of all charts to the clicked position."""
        place = self._place(event.x, event.y)
        if place is not None:
            self.post_message(ChartPointed(place))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in around the mouse; if the chart is not zoomable, let the parent scroll."""
        if self._is_zoomable:
            event.stop()
            self.post_message(ChartZoomed(_WHEEL, self._place(event.x, event.y)))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out around the mouse."""
        if self._is_zoomable:
            event.stop()
            self.post_message(ChartZoomed(1 / _WHEEL, self._place(event.x, event.y)))

    def _place(self, column: int, row: int) -> float | None:
        """Return the x-axis position of a cell of the widget; None outside the plot areas."""
        for drawn in self._drawn[1] if self._drawn else ():
            if row < len(drawn.lines):
                return drawn.place(column)
            row -= len(drawn.lines)
        return None


def _names(runs: Sequence[NamedHistory]) -> frozenset[str]:
    return frozenset(run.name for run in runs)
