"""What can be done with the charts, from anywhere on the screen and while they have the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.tui.shell.actions import Action, Group

if TYPE_CHECKING:
    from rnnlab.tui.screens.lab import LabScreen

_FAR = 10
"""Columns of a long step of the cursor."""


def _next_chart(screen: LabScreen) -> None:
    screen.plots.next_chart()


def _previous_chart(screen: LabScreen) -> None:
    screen.plots.next_chart(-1)


def _axis(screen: LabScreen) -> None:
    screen.toast(f"along the charts: {screen.plots.next_axis()}")


def _log(screen: LabScreen) -> None:
    screen.toast("logarithmic heights" if screen.plots.toggle_log() else "linear heights")


def _smoother(screen: LabScreen) -> None:
    screen.plots.smooth(1)


def _rougher(screen: LabScreen) -> None:
    screen.plots.smooth(-1)


def _all(screen: LabScreen) -> None:
    screen.plots.show_all()


def _live(screen: LabScreen) -> None:
    mode = screen.plots.toggle_live()
    screen.toast({"live": "following the newest steps", "frozen": "standing still"}.get(mode, mode))


def _single(screen: LabScreen) -> None:
    screen.plots.toggle_single()


def _left(screen: LabScreen) -> None:
    screen.plots.move_cursor(-1)


def _right(screen: LabScreen) -> None:
    screen.plots.move_cursor(1)


def _far_left(screen: LabScreen) -> None:
    screen.plots.move_cursor(-_FAR)


def _far_right(screen: LabScreen) -> None:
    screen.plots.move_cursor(_FAR)


def _zoom_in(screen: LabScreen) -> None:
    screen.plots.zoom(0.5)


def _zoom_out(screen: LabScreen) -> None:
    screen.plots.zoom(2.0)


def _pan_left(screen: LabScreen) -> None:
    screen.plots.pan(-0.25)


def _pan_right(screen: LabScreen) -> None:
    screen.plots.pan(0.25)


CHARTS = Group["LabScreen"](
    "Charts",
    (
        Action("g", "next-chart", _next_chart, "Chart", "Show the next chart first"),
        Action("G", "previous-chart", _previous_chart, "Chart back", "Show the last chart first"),
        Action("x", "axis", _axis, "Axis", "Steps, epochs or time along the charts"),
        Action("y", "log", _log, "Log", "Logarithmic heights on and off"),
        Action(
            "plus,equals_sign", "smoother", _smoother, "Smoother",
            "Smooth the curves more; the raw ones stay as ghosts", shown_key="+",
        ),
        Action("minus", "rougher", _rougher, "Rougher", "Smooth the curves less"),
        Action("v", "live", _live, "Live", "Follow the newest steps, or stand still"),
        Action("a", "all-steps", _all, "All", "Show the whole course again, without a cursor"),
    ),
)  # fmt: skip
IN_CHARTS = Group["LabScreen"](
    "In the charts",
    (
        Action("left,h", "cursor-left", _left, "Cursor left", "Read values a column to the left"),
        Action("right,l", "cursor-right", _right, "Cursor right", "Read values to the right"),
        Action("shift+left,H", "cursor-far-left", _far_left, "Far left", "Ten columns to the left"),
        Action("shift+right,L", "cursor-far-right", _far_right, "Far right", "Ten to the right"),
        Action("up,k", "zoom-in", _zoom_in, "Zoom in", "Half as much, about the cursor or the end"),
        Action("down,j", "zoom-out", _zoom_out, "Zoom out", "Twice as much"),
        Action("pageup", "pan-left", _pan_left, "Earlier", "Earlier steps of a zoomed chart"),
        Action("pagedown", "pan-right", _pan_right, "Later", "Later steps; at the end it follows"),
        Action("enter", "single", _single, "One chart", "One chart as large as it goes, or all"),
    ),
    pane="plots",
)
