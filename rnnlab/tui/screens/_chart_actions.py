"""What can be done with the charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.tui.actions import Action, Group

if TYPE_CHECKING:
    from rnnlab.tui.screens.lab import LabScreen


def _next_chart(screen: LabScreen) -> None:
    screen.plots.next_chart()


def _axis(screen: LabScreen) -> None:
    screen.tell(f"along the charts: {screen.plots.next_axis()}")


def _log(screen: LabScreen) -> None:
    screen.tell("logarithmic heights" if screen.plots.toggle_log() else "linear heights")


CHARTS = Group["LabScreen"](
    "Charts",
    (
        Action("g", "next-chart", _next_chart, "Chart", "Show the next chart first"),
        Action("x", "axis", _axis, "Axis", "Steps, epochs or time along the chart"),
        Action("y", "log", _log, "Log", "Logarithmic heights on and off"),
    ),
)
