"""The charts of the timeline: their cursor is at a round of samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rnnlab.tui.charts.plot_grid import PlotGrid
from rnnlab.tui.messages import ChartPointed
from rnnlab.tui.state.lab_state import LabState


class SampledGrid(PlotGrid):
    """A grid that shows one chart, and asks its screen to move the cursor."""

    BORDER_TITLE = "Curve"

    def __init__(
        self, state: LabState, move: Callable[[int], None], point: Callable[[float], None]
    ) -> None:
        """move: goes forward by a number of rounds; point: to the round nearest to a position."""
        super().__init__(state, "timeline-charts")
        self._move, self._point = move, point
        self.set_view(replace(self.view, is_single=True))

    def move_cursor(self, columns: int) -> None:
        """Move the cursor to the next round, or by as many rounds as columns."""
        self._move(columns)

    def on_chart_pointed(self, message: ChartPointed) -> None:
        """Move the cursor to the round nearest to the mouse."""
        message.stop()
        message.prevent_default()
        self._point(message.x)

    def drop_cursor(self) -> bool:
        """Keep the cursor, which is at the samples shown; return False."""
        return False
