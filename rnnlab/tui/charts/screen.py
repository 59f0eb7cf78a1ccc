"""The screens with charts: all share the axis, the scale, the smoothing and the order of charts."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from rnnlab.plots import Axis
from rnnlab.tui.charts.controls import ChartControls
from rnnlab.tui.charts.plot_grid import GridView, PlotGrid
from rnnlab.tui.shell.screen import BaseScreen


class ChartsScreen(BaseScreen):
    """A screen with charts, which are smoothed as on all other screens."""

    plots: ChartControls
    _are_charts_shown = False

    def load_charts(self) -> None:
        """Show the charts with the settings that another screen or the last start has left."""
        self.plots.viewport = replace(self.plots.viewport, smoothing=self.state.view.smoothing)

    def keep_charts(self) -> None:
        """Copy the settings of the charts into the saved view."""
        self.state.view.smoothing = self.plots.viewport.smoothing

    def keep_view(self) -> None:
        """Copy also the settings of the charts, if this screen is the one that is shown."""
        super().keep_view()
        if self._are_charts_shown:
            self.keep_charts()

    def suspended(self) -> None:
        """Keep the settings of the charts for the next screen."""
        super().suspended()
        if self._are_charts_shown:
            self.keep_charts()
        self._are_charts_shown = False

    def resumed(self) -> None:
        """Show the charts with the settings of the previous screen."""
        if not self._are_charts_shown:
            self.load_charts()
        self._are_charts_shown = True
        super().resumed()


class GridScreen(ChartsScreen):
    """A screen with a grid of the charts of some runs: axis, scale and order are shared, too."""

    plots: PlotGrid
    HAS_OWN_SINGLE: ClassVar[bool] = True
    """Whether showing a single chart is this screen's own setting, which is not saved."""

    def resumed(self) -> None:
        """Arrange the charts before the first layout: they are then drawn only once."""
        super().resumed()
        self.plots.fit()

    def load_charts(self) -> None:
        """Show the charts with the settings that another screen or the last start has left."""
        view = self.state.view
        axis: Axis = "epoch" if view.axis == "epoch" else "time" if view.axis == "time" else "step"
        is_single = self.plots.view.is_single if self.HAS_OWN_SINGLE else view.is_single
        self.plots.set_view(
            GridView(
                axis, view.is_log, view.smoothing, tuple(view.charts), is_single,
                tuple(view.charts_off),
            )
        )  # fmt: skip

    def keep_charts(self) -> None:
        """Copy the settings of the charts into the saved view."""
        view, grid = self.state.view, self.plots.view
        view.axis, view.is_log, view.smoothing = grid.axis, grid.is_log, grid.smoothing
        view.charts, view.charts_off = list(grid.order), list(grid.off)
        if not self.HAS_OWN_SINGLE:
            view.is_single = grid.is_single

    def leave(self) -> None:
        """Remove the cursor of the focused charts; if there is none, leave the screen."""
        if not (self.plots.has_focus and self.plots.drop_cursor()):
            super().leave()
