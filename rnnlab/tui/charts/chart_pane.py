"""One chart on the screen: drawn when something has changed, sent where lines differ."""

from __future__ import annotations

import time
from collections.abc import Sequence

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
from rnnlab.tui.state import LabState

_AFTER_KEY_S = 0.03
"""Until other runs are drawn: first the key that chose them is echoed; keys held down draw once."""
_APART_S = 0.05
"""Between two charts that are due together: a key waits until one is drawn, not all of them."""
_WHEEL = 0.8


class ChartPane(Widget):
    """Shows the chart of one plot; the mouse points, and drags and zooms where that is wanted."""

    def __init__(self, plot: str, state: LabState, *, is_zoomable: bool = True) -> None:
        super().__init__(id=f"plot-{plot}")
        self._state = state
        self.plot = plot
        self._is_zoomable = is_zoomable
        self._runs: Sequence[NamedHistory] = ()
        self._axis: Axis = "step"
        self._is_log = False
        self._look = Viewport()
        self._chart: tuple[object, Chart] | None = None
        self._drawn: tuple[object, Drawing] | None = None
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
        look: Viewport,
        *,
        is_log: bool,
        turn: int = 0,
    ) -> None:
        """Show these runs so; what the user has changed is drawn at once, new data in time.

        What is shown of other runs stays until the journals of these have been read. `turn` is the
        number of charts that are drawn before this one.
        """
        is_asked = (axis, look, is_log) != (self._axis, self._look, self._is_log)
        are_others = _names(runs) != _names(self._runs)
        now = self._state.clock()
        if are_others:
            self._chosen_at = now
        self._runs, self._axis, self._look, self._is_log = runs, axis, look, is_log
        wait_s = turn * _APART_S
        if _names(runs) != self.names_drawn:
            if all(run.history.is_read for run in runs):
                wait_s += self._chosen_at + _AFTER_KEY_S - now
                self._draw_in(wait_s, is_postponed=are_others)
        elif is_asked:
            self._draw_in(wait_s)
        elif self._is_stale:
            outside = self._state.outside
            rest_s = max(outside.chart_every_s, self._cost_s / outside.chart_time_fraction)
            self._draw_in(max(wait_s, self._drawn_at + rest_s - now))

    @property
    def names_drawn(self) -> frozenset[str]:
        """The runs that are shown, whichever of them is the chosen one."""
        return self._names_drawn

    @property
    def chart(self) -> Chart:
        """The chart of the runs as they are now, unlooked at."""
        versions = tuple((run.name, run.color, run.history.version) for run in self._runs)
        levels = tuple((run.clip, run.floor, run.published) for run in self._runs)
        key = (versions, levels, self._axis, self._is_log)
        if self._chart is None or self._chart[0] != key:
            module = registry.load("plots", self.plot)
            self._chart = (key, module.chart(self._runs, self._axis, self._is_log))
        return self._chart[1]

    @property
    def text(self) -> str:
        """What is shown, without colours."""
        return "\n".join(strip.text for strip in self._strips)

    @property
    def num_columns(self) -> int:
        """Columns of the picture, which a cursor moves by."""
        return self._drawn[1].columns if self._drawn else 0

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        self._draw()

    def render_line(self, y: int) -> Strip:
        """Return a line of what was drawn last."""
        if self._is_restyled:
            self._draw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    def _key(self) -> object:
        runs = tuple((run.name, run.color, run.history.version) for run in self._runs)
        levels = tuple((run.clip, run.floor, run.published) for run in self._runs)
        return runs, levels, self._axis, self._is_log, self._look, self.size, self._style()

    @property
    def _is_stale(self) -> bool:
        return self._drawn is None or self._drawn[0] != self._key()

    @property
    def _is_restyled(self) -> bool:
        """Whether the theme is another one than when it was drawn."""
        return self._drawn is None or self._drawn[0][-1] != self._style()  # type: ignore[index]

    def _draw_in(self, seconds: float, *, is_postponed: bool = False) -> None:
        """Draw after a while, or sooner where that is planned already and not postponed."""
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
        began = time.perf_counter()
        chart = looked_at(self.chart, self._look)
        made = drawing(chart, *self.size, style=self._style())
        self._drawn, self._names_drawn = (key, made), _names(self._runs)
        # A line that was there before costs nothing, whichever row it has moved to.
        self._known = {line: self._known.get(line) or self._strip(line) for line in made.lines}
        strips = [self._known[line] for line in made.lines]
        width = self.size.width
        if len(strips) != len(self._strips):
            self.refresh()
        else:
            changed = [y for y, s in enumerate(strips) if s is not self._strips[y]]
            if changed:
                self.refresh(*(Region(0, y, width, 1) for y in changed))
        self._strips = strips
        self._cost_s = time.perf_counter() - began
        self._drawn_at = self._state.clock()

    def _strip(self, line: str) -> Strip:
        text = Text.from_ansi(line, no_wrap=True, end="")
        strip = Strip(text.render(self.app.console))
        return strip.adjust_cell_length(self.size.width, self.rich_style)

    def _style(self) -> DrawStyle:
        return draw_style(self, self._state.appearance)

    # The mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the chart."""
        if self._is_zoomable:
            self._grabbed = event.x
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Pull the chart along."""
        if self._grabbed is None or not self.num_columns:
            return
        by = event.x - self._grabbed
        if abs(by) >= max(1, self.num_columns // 20):
            self._grabbed = event.x
            self.post_message(ChartDragged(by / self.num_columns))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go."""
        if self._grabbed is not None:
            self._grabbed = None
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """Set the cursor."""
        place = self._place(event.x)
        if place is not None:
            self.post_message(ChartPointed(place))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in about the mouse; where there is no zoom, what holds the chart scrolls."""
        if self._is_zoomable:
            event.stop()
            self.post_message(ChartZoomed(_WHEEL, self._place(event.x)))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out about the mouse."""
        if self._is_zoomable:
            event.stop()
            self.post_message(ChartZoomed(1 / _WHEEL, self._place(event.x)))

    def _place(self, column: int) -> float | None:
        return self._drawn[1].place(column) if self._drawn else None


def _names(runs: Sequence[NamedHistory]) -> frozenset[str]:
    return frozenset(run.name for run in runs)
