"""The chart of the machine's load since the system screen was opened."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from rnnlab.plots import Chart, Curve, Viewport
from rnnlab.tui.charts.chart_canvas import ChartCanvas
from rnnlab.tui.charts.controls import ChartControls
from rnnlab.tui.state.lab_state import LabState

_MOST = 3600
"""Maximum number of readings that are kept."""
_EMPTY = "reading the machine's load…"


class _LoadCanvas(ChartCanvas):
    """Draws one chart in all of its space."""

    def __init__(self, state: LabState) -> None:
        super().__init__(state, "load-chart")
        self._chart = Chart("load", "time", "fraction", (), empty=_EMPTY)

    def show(self, chart: Chart, viewport: Viewport) -> None:
        """Show a chart."""
        self._chart, self._viewport = chart, viewport
        self.redraw()

    @property
    def charts(self) -> Sequence[Chart]:
        """The only chart."""
        return [self._chart]

    def redraw(self) -> None:
        """Draw the chart at the current size."""
        if self.size:
            self.draw_charts(*self.size)


class LoadChart(ChartControls, Vertical, can_focus=True):
    """Shows the fractions of processor, memory and GPUs in use, over time."""

    BORDER_TITLE = "Load"
    BORDER_SUBTITLE = "← → cursor · ↑ ↓ zoom · y log scale"

    def __init__(self, state: LabState) -> None:
        Vertical.__init__(self, id="machine-load")
        ChartControls.__init__(self)
        self._canvas = _LoadCanvas(state)
        self._readings: deque[tuple[float, Mapping[str, float]]] = deque(maxlen=_MOST)

    def compose(self) -> ComposeResult:
        """Yield the chart."""
        yield self._canvas

    def add(self, time_s: float, fractions: Mapping[str, float]) -> None:
        """Add a reading, unless it is the last one. fractions: resource -> 0 to 1."""
        if not self._readings or time_s > self._readings[-1][0]:
            self._readings.append((time_s, fractions))
            self.show_again()

    def front(self) -> ChartCanvas:
        """Return the only chart."""
        return self._canvas

    def show_again(self) -> None:
        """Show the readings."""
        curves = []
        for color, name in enumerate(self._readings[-1][1] if self._readings else ()):
            points = [
                (time_s - self._readings[0][0], fractions[name])
                for time_s, fractions in self._readings
                if name in fractions
            ]
            xs, ys = zip(*points, strict=True)
            curves.append(Curve(name, xs, ys, color))
        chart = Chart(
            "load", "time", "fraction in use", tuple(curves), axis="time", is_log=self.is_log,
            is_from_zero=True, empty=_EMPTY,
        )  # fmt: skip
        self._canvas.show(chart, self.viewport)
