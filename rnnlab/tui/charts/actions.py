"""Actions on the charts: always available, or only while the charts have the focus.

Every screen with charts uses these groups, so that each key does the same on all of them.
"""

from __future__ import annotations

from dataclasses import replace

from rnnlab.tui.charts.chart_canvas import LOG_KEY
from rnnlab.tui.charts.metrics_dialog import MetricsScreen
from rnnlab.tui.charts.screen import ChartsScreen, GridScreen
from rnnlab.tui.shell.actions import Action, Group

_FAR = 10
"""Number of columns by which an arrow key with shift moves the cursor."""


def _next_chart(screen: GridScreen) -> None:
    screen.plots.next_chart()


def _previous_chart(screen: GridScreen) -> None:
    screen.plots.next_chart(-1)


async def _metrics(screen: GridScreen) -> None:
    view, state = screen.plots.view, screen.state
    dialog = MetricsScreen(view.order, view.off, has_means=state.view.has_means)
    choice = await screen.app.push_screen_wait(dialog)
    if choice is not None:
        screen.plots.set_view(replace(view, order=choice.order, off=tuple(choice.off)))
        screen.keep_charts()  # else the screen would load the previous settings when it resumes
        state.view.has_means = choice.has_means
        screen.show_state()


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


def _single(screen: GridScreen) -> None:
    screen.plots.toggle_single()


def _first(screen: ChartsScreen) -> None:
    screen.plots.move_cursor_to_end(is_first=True)


def _last(screen: ChartsScreen) -> None:
    screen.plots.move_cursor_to_end(is_first=False)


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


ORDER = Group[GridScreen](
    "Charts",
    (
        Action("full_stop", "next-chart", _next_chart, "Next", "Move the next chart to the front"),
        Action(
            "comma", "previous-chart", _previous_chart, "Previous",
            "Move the last chart to the front",
        ),
        Action(
            "M", "metrics", _metrics, "Metrics",
            "Choose which charts are shown, and their order",
            opens=True,
        ),
        Action("x", "axis", _axis, "Axis", "Switch the x axis to epochs, time or steps"),
    ),
)  # fmt: skip
SCALES = Group[ChartsScreen](
    "Scales",
    (
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
_CURSOR = (
    Action[ChartsScreen](
        "left,h", "cursor-left", _left, "Cursor left", "Move the cursor left by 1 column"
    ),
    Action[ChartsScreen](
        "right,l", "cursor-right", _right, "Cursor right", "Move the cursor right by 1 column"
    ),
    Action[ChartsScreen](
        "shift+left,H", "cursor-far-left", _far_left, "Far left",
        "Move the cursor left by 10 columns",
    ),
    Action[ChartsScreen](
        "shift+right,L", "cursor-far-right", _far_right, "Far right",
        "Move the cursor right by 10 columns",
    ),
    Action[ChartsScreen](
        "home", "cursor-first", _first, "First", "Move the cursor to the first step"
    ),
    Action[ChartsScreen]("end", "cursor-last", _last, "Last", "Move the cursor to the last step"),
)  # fmt: skip
_ZOOM = (
    Action[ChartsScreen](
        "up,k", "zoom-in", _zoom_in, "Zoom in",
        "Zoom in (x), around the cursor if there is one",
    ),
    Action[ChartsScreen]("down,j", "zoom-out", _zoom_out, "Zoom out", "Zoom out (x)"),
    Action[ChartsScreen](
        "shift+up,K", "zoom-in-y", _zoom_in_y, "Zoom in y",
        "Zoom in (y) around the last values of the curves",
    ),
    Action[ChartsScreen](
        "shift+down,J", "zoom-out-y", _zoom_out_y, "Zoom out y", "Zoom out (y)"
    ),
    Action[ChartsScreen](
        "pageup", "pan-left", _pan_left, "Earlier", "Pan a zoomed chart to earlier steps"
    ),
    Action[ChartsScreen](
        "pagedown", "pan-right", _pan_right, "Later",
        "Pan to later steps; at the last step, follow new ones",
    ),
)  # fmt: skip
_SINGLE = Action[GridScreen](
    "enter", "single", _single, "One chart", "Show only the first chart, or all again"
)


def in_charts(pane: str) -> Group[ChartsScreen]:
    """Return the actions while a chart has the focus. pane: id or CSS class of its pane."""
    return Group("In the charts", (*_CURSOR, *_ZOOM), pane=pane)


def in_grid(pane: str) -> Group[GridScreen]:
    """Return the actions while a grid of charts has the focus."""
    return Group("In the charts", (*_CURSOR, *_ZOOM, _SINGLE), pane=pane)


def zooming(pane: str) -> Group[ChartsScreen]:
    """Return the actions on a chart whose cursor the screen itself moves."""
    return Group("In the charts", _ZOOM, pane=pane)
