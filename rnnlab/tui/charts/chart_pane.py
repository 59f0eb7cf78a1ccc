"""One plot of some runs on the screen, redrawn at intervals while their data change."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.timer import Timer

from rnnlab.plots import Axis, Chart, NamedHistory, Viewport, charts_of
from rnnlab.tui.charts.chart_canvas import ChartCanvas
from rnnlab.tui.state.lab_state import LabState

_AFTER_KEY_S = 0.03
"""Delay in seconds before other runs are drawn, so that a key that is held down draws only once."""
_APART_S = 0.05
"""Seconds between the drawings of two charts, so that a key waits for one drawing, not for all."""
_SECONDARY = 4
"""Factor of the interval at which the charts below the first one are drawn again."""


class ChartPane(ChartCanvas):
    """Show the chart of one plot, or a chart per unit if the losses differ in unit."""

    def __init__(self, plot: str, state: LabState) -> None:
        super().__init__(state, f"plot-{plot}")
        self.plot = plot
        self._runs: Sequence[NamedHistory] = ()
        self._axis: Axis = "step"
        self._is_log = False
        self._charts: tuple[object, list[Chart]] | None = None
        self._drawn: object = None
        self._names_drawn: frozenset[str] = frozenset()
        self._chosen_at = self._drawn_at = self._due_at = 0.0
        self._cost_s = 0.0
        self._later: Timer | None = None

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
        elif self._drawn != self._key():
            outside = self._state.outside
            every_s = outside.chart_every_s * (_SECONDARY if turn else 1)
            rest_s = max(every_s, self._cost_s / outside.chart_time_fraction)
            self._draw_in(max(wait_s, self._drawn_at + rest_s - now))

    @property
    def names_drawn(self) -> frozenset[str]:
        """Names of the runs in the drawn chart."""
        return self._names_drawn

    @property
    def charts(self) -> Sequence[Chart]:
        """The charts of the runs' current data, before the viewport is applied."""
        key = self._data_key()
        if self._charts is None or self._charts[0] != key:
            self._charts = key, charts_of(self.plot, self._runs, self._axis, self._is_log)
        return self._charts[1]

    def redraw(self) -> None:
        """Draw the charts, unless nothing has changed."""
        self._later = None
        key = self._key()
        if not self.size or not self.display or self._drawn == key:
            return
        start_s = time.perf_counter()
        self.draw_charts(*self.size)
        self._drawn, self._names_drawn = key, _names(self._runs)
        self._cost_s = time.perf_counter() - start_s
        self._drawn_at = self._state.clock()

    def _key(self) -> object:
        return self._data_key(), self._viewport, self.size, self.draw_style()

    def _data_key(self) -> object:
        """Return everything that the chart depends on, except the viewport."""
        versions = tuple(
            (run.name, run.color, run.history.version, run.family) for run in self._runs
        )
        levels = tuple((run.clip, run.floor, run.published) for run in self._runs)
        return versions, levels, self._axis, self._is_log

    def _draw_in(self, seconds: float, *, is_postponed: bool = False) -> None:
        """Draw after a delay; if a drawing is due sooner, keep it unless it is to be postponed."""
        due_at = self._state.clock() + seconds
        if self._later is not None:
            if seconds > 0 and due_at >= self._due_at and not is_postponed:
                return
            self._later.stop()
        if seconds > 0:
            self._due_at, self._later = due_at, self.set_timer(seconds, self.redraw)
        else:
            self.redraw()


def _names(runs: Sequence[NamedHistory]) -> frozenset[str]:
    return frozenset(run.name for run in runs)
