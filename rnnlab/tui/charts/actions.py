"""Actions on the charts: always available, or only while the charts have the focus."""

from __future__ import annotations

from rnnlab.tui.charts.plot_grid import LOG_KEY, PlotGrid
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.screen import BaseScreen

_FAR = 10
"""Number of columns by which an arrow key with shift moves the cursor."""


class ChartsScreen(BaseScreen):
    """A screen with the grid of charts."""

    plots: PlotGrid


def _next_chart(screen: ChartsScreen) -> None:
    screen.plots.next_chart()


def _previous_chart(screen: ChartsScreen) -> None:
    screen.plots.next_chart(-1)


def _axis(screen: ChartsScreen) -> None:
    screen.toast(f"x axis: {screen.plots.next_axis()}")


def _log(screen: ChartsScreen) -> None:
    screen.toast("log scale (y)" if screen.plots.toggle_log() else "linear scale (y)")


def _smoother(screen: ChartsScreen) -> None:
    screen.plots.smooth(1)


def _rougher(screen: ChartsScreen) -> None:
    screen.plots.smooth(-1)


def _all(screen: ChartsScreen) -> None:
    screen.plots.show_all()


def _live(screen: ChartsScreen) -> None:
    mode = screen.plots.toggle_live()
    screen.toast({"live": "following the newest steps", "frozen": "x range frozen"}.get(mode, mode))


def _single(screen: ChartsScreen) -> None:
    screen.plots.toggle_single()


def _left(screen: ChartsScreen) -> None:
    screen.plots.move_cursor(-1)


def _right(screen: ChartsScreen) -> None:
    screen.plots.move_cursor(1)


def _far_left(screen: ChartsScreen) -> None:
    screen.plots.move_cursor(-_FAR)


def _far_right(screen: ChartsScreen) -> None:
    screen.plots.move_cursor(_FAR)


def _zoom_in(screen: ChartsScreen) -> None:
    screen.plots.zoom(0.5)


def _zoom_out(screen: ChartsScreen) -> None:
    screen.plots.zoom(2.0)


def _zoom_in_y(screen: ChartsScreen) -> None:
    screen.plots.zoom_heights(1)


def _zoom_out_y(screen: ChartsScreen) -> None:
    screen.plots.zoom_heights(-1)


def _pan_left(screen: ChartsScreen) -> None:
    screen.plots.pan(-0.25)


def _pan_right(screen: ChartsScreen) -> None:
    screen.plots.pan(0.25)


CHARTS = Group[ChartsScreen](
    "Charts",
    (
        Action("full_stop", "next-chart", _next_chart, "Next", "Move the next chart to the front"),
        Action(
            "comma", "previous-chart", _previous_chart, "Previous",
            "Move the last chart to the front",
        ),
        Action("x", "axis", _axis, "Axis", "Switch the x axis to epochs, time or steps"),
        Action(LOG_KEY, "log", _log, "Log", "Switch the log scale (y) on or off"),
        Action(
            "plus,equals_sign", "smoother", _smoother, "Smoother",
            "Smooth the curves more; the raw curves stay visible, dimmed", shown_key="+",
        ),
        Action("minus", "rougher", _rougher, "Rougher", "Smooth the curves less"),
        Action("v", "live", _live, "Live", "Follow the newest steps, or freeze the x range"),
        Action("a", "all-steps", _all, "All", "Show all steps, undo the y zoom, remove the cursor"),
    ),
)  # fmt: skip
IN_CHARTS = Group[ChartsScreen](
    "In the charts",
    (
        Action("left,h", "cursor-left", _left, "Cursor left", "Move the cursor left by 1 column"),
        Action(
            "right,l", "cursor-right", _right, "Cursor right", "Move the cursor right by 1 column"
        ),
        Action(
            "shift+left,H", "cursor-far-left", _far_left, "Far left",
            "Move the cursor left by 10 columns",
        ),
        Action(
            "shift+right,L", "cursor-far-right", _far_right, "Far right",
            "Move the cursor right by 10 columns",
        ),
        Action(
            "up,k", "zoom-in", _zoom_in, "Zoom in",
            "Zoom in (x), around the cursor if there is one",
        ),
        Action("down,j", "zoom-out", _zoom_out, "Zoom out", "Zoom out (x)"),
        Action(
            "shift+up,K", "zoom-in-y", _zoom_in_y, "Zoom in y",
            "Zoom in (y) around the last values of the curves",
        ),
        Action("shift+down,J", "zoom-out-y", _zoom_out_y, "Zoom out y", "Zoom out (y)"),
        Action("pageup", "pan-left", _pan_left, "Earlier", "Pan a zoomed chart to earlier steps"),
        Action(
            "pagedown", "pan-right", _pan_right, "Later",
            "Pan to later steps; at the last step, follow new ones",
        ),
        Action("enter", "single", _single, "One chart", "Show only the first chart, or all again"),
    ),
    pane="plots",
)  # fmt: skip
