"""The charts of the chosen runs, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Grid
from textual_plotext import PlotextPlot

from rnnlab import registry
from rnnlab.plots import Axis, DrawStyle, NamedHistory, draw

FIRST_CHARTS = ("loss", "grad-norm", "layer-norms", "throughput", "learning-rate")
"""Order in which charts get room; others follow by name."""

_MIN_WIDTH = 56
_MIN_HEIGHT = 9


class PlotPane(PlotextPlot):
    """One chart: drawn when its data, size or theme has changed, otherwise shown from memory."""

    def __init__(self, plot: str) -> None:
        super().__init__(id=f"plot-{plot}")
        self.plot = plot
        self._runs: Sequence[NamedHistory] = ()
        self._axis: Axis = "step"
        self._is_log = False
        self._drawn: tuple[object, Text] | None = None

    def show(self, runs: Sequence[NamedHistory], axis: Axis, *, is_log: bool) -> None:
        """Show these runs; redraws only if something has changed."""
        self._runs, self._axis, self._is_log = runs, axis, is_log
        if self._drawn is None or self._drawn[0] != self._key():
            self.refresh()

    def render(self) -> Text:
        """Return the chart, from memory where nothing has changed since it was drawn."""
        key = self._key()
        if self._drawn is None or self._drawn[0] != key:
            module = registry.load("plots", self.plot)
            chart = module.chart(self._runs, self._axis, self._is_log)
            width, height = self.size
            text = Text.from_ansi(
                draw(chart, width, height, style=self._style(), figure=self.plt), no_wrap=True
            )
            self._drawn = (key, text)
        return self._drawn[1]

    def _key(self) -> object:
        runs = tuple((run.name, run.color, run.history.version) for run in self._runs)
        return runs, self._axis, self._is_log, self.size, self.app.theme

    def _style(self) -> DrawStyle:
        _, background = self.background_colors
        foreground = self.app.theme_variables.get("foreground", "")
        from textual.color import Color, ColorParseError

        try:
            color = Color.parse(foreground).rgb
        except ColorParseError:
            color = background.get_contrast_text().rgb
        return DrawStyle(foreground=color, background=background.rgb)


class PlotGrid(Grid, can_focus=True):
    """Charts in a grid of as many columns and rows as can be read."""

    BORDER_TITLE = "Charts"

    def __init__(self) -> None:
        super().__init__(id="plots")
        known = registry.names("plots")
        first = [name for name in FIRST_CHARTS if name in known]
        self._panes = {name: PlotPane(name) for name in [*first, *known]}
        self._order = list(self._panes)
        self._runs: tuple[NamedHistory, ...] = ()
        self._axis: Axis = "step"
        self._is_log = False

    def compose(self) -> ComposeResult:
        """Make a pane for every chart there is; those without room are hidden."""
        yield from self._panes.values()

    def show(self, runs: Sequence[NamedHistory]) -> None:
        """Show these runs on every visible chart."""
        self._runs = tuple(runs)
        self._show_visible()

    def next_chart(self) -> None:
        """Give the first place to the next chart."""
        self._order.append(self._order.pop(0))
        for name in self._order:
            self.move_child(self._panes[name], after=self.children[-1])
        self._arrange()

    def next_axis(self) -> str:
        """Change what runs along the charts; return its name."""
        axes: tuple[Axis, ...] = ("step", "epoch", "time")
        self._axis = axes[(axes.index(self._axis) + 1) % len(axes)]
        self._show_visible()
        return self._axis

    def toggle_log(self) -> bool:
        """Switch logarithmic heights on or off; return whether they are on."""
        self._is_log = not self._is_log
        self._show_visible()
        return self._is_log

    def on_resize(self, event: events.Resize) -> None:
        """Make as many charts as there is room for."""
        self._arrange()

    def _arrange(self) -> None:
        width, height = self.content_size
        columns = max(1, width // _MIN_WIDTH)
        rows = max(1, height // _MIN_HEIGHT)
        num = min(columns * rows, len(self._order))
        columns = min(columns, num)
        self.styles.grid_size_columns = columns
        self.styles.grid_size_rows = -(-num // columns)
        for place, name in enumerate(self._order):
            self._panes[name].display = place < num
        self._show_visible()

    def _show_visible(self) -> None:
        for name in self._order:
            pane = self._panes[name]
            if pane.display:
                pane.show(self._runs, self._axis, is_log=self._is_log)
