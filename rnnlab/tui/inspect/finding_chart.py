"""A chart of a finding: it takes the focus, and its keys are those of every chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding

from rnnlab.plots import Chart, Viewport
from rnnlab.tui.charts.actions import in_charts
from rnnlab.tui.charts.chart_canvas import ChartCanvas
from rnnlab.tui.state.lab_state import LabState

_HEIGHT = 16
_SMOOTHED = ("step", "epoch", "time")
"""Labels of the x axes along which values are noisy measurements of one quantity."""


class FindingChart(ChartCanvas, can_focus=True):
    """Shows one chart, as high as its legend needs."""

    # Without these bindings, the page would take the keys that scroll it.
    BINDINGS: ClassVar = [
        Binding(key, f"screen.do('{action.name}')", show=False)
        for action in in_charts("charted").actions
        for key in action.key.split(",")
    ]
    has_whole_legend = True

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.add_class("charted")
        self._chart = Chart("", "", "", ())
        self._drawn: object = None

    def show(self, chart: Chart, viewport: Viewport, *, is_flipped: bool) -> None:
        """Show a chart. is_flipped: whether the user has switched between log and linear scale."""
        self._chart = replace(chart, is_log=chart.is_log != is_flipped)
        is_smoothed = chart.x_label in _SMOOTHED
        self._viewport = viewport if is_smoothed else replace(viewport, smoothing=0.0)
        self.redraw()

    @property
    def x_label(self) -> str:
        """The quantity on the x axis; charts with the same one share a viewport."""
        return self._chart.x_label

    @property
    def title(self) -> str:
        """The title of the chart."""
        return self._chart.title

    @property
    def charts(self) -> Sequence[Chart]:
        """The chart, in its own scale or in the other one."""
        return [self._chart]

    @property
    def has_wheel(self) -> bool:
        """Whether the wheel zooms: without the focus, it scrolls the page."""
        return self.has_focus

    def redraw(self) -> None:
        """Draw the chart, unless nothing has changed."""
        width = self.size.width
        key = (self._chart, self._viewport, width, self.draw_style())
        if width > 0 and key != self._drawn:
            self._drawn = key
            self.draw_charts(width, _HEIGHT)
            self.styles.height = self.num_lines
