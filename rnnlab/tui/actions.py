"""Every action of the lab: key, name, footer label and help, in one table.

The bindings, the footer, the help screen and the palette are made from it.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding


class Action(NamedTuple):
    """One thing that a user can do."""

    key: str
    name: str
    """Method `action_<name>` of the screen."""
    label: str
    help: str
    is_in_footer: bool = False
    shown_key: str = ""
    """How the key is written where its name is unwieldy."""
    is_priority: bool = False
    """Whether it is done before the next key is looked at: it moves the focus, and keys that come
    in a burst over a slow line must land where it moved to."""


class Group(NamedTuple):
    """Actions that belong together, for the help screen."""

    title: str
    actions: tuple[Action, ...]


LAB: tuple[Group, ...] = (
    Group(
        "Runs",
        (
            Action("n", "new_run", "New run", "Start a run from a form", True),
            Action(
                "enter",
                "prompt",
                "Prompt",
                "Write a prompt for the chosen run",
                True,
                is_priority=True,
            ),
            Action("space", "mark", "Mark", "Lay this run's curves over the others'"),
            Action("p", "pause", "Pause", "Pause the chosen run, or wake it", True),
            Action("s", "stop", "Stop", "Save the chosen run and end its worker", True),
            Action("r", "resume", "Resume", "Go on with a stopped, failed or lost run", True),
            Action("k", "checkpoint", "Save", "Save a checkpoint of the chosen run now"),
            Action("delete", "delete", "Delete", "Delete the chosen run for good", False, "del"),
        ),
    ),
    Group(
        "Charts",
        (
            Action("g", "next_chart", "Chart", "Show the next chart first"),
            Action("x", "axis", "Axis", "Steps, epochs or time along the chart"),
            Action("y", "log", "Log", "Logarithmic heights on and off"),
        ),
    ),
    Group(
        "Continuations",
        (
            Action("t", "letters", "Letters", "Every letter with its log-prob, or the text"),
            Action("c", "copy", "Copy", "Copy the focused continuation"),
            Action("f2", "decoders", "Decoders", "Choose decoders from a list", True, "F2"),
        ),
    ),
    Group(
        "Screen",
        (
            Action("f", "full", "Full", "Show the focused pane alone, or all again", True),
            Action("1", "toggle_pane('runs')", "Runs", "Show or hide the runs"),
            Action("2", "toggle_pane('plots')", "Plots", "Show or hide the charts"),
            Action("3", "toggle_pane('prompt-pane')", "Prompt", "Show or hide the prompt"),
            Action("4", "toggle_pane('details')", "Details", "Show or hide the details"),
            Action("0", "reset_layout", "Reset", "Show all panes again"),
            Action(
                "escape",
                "out",
                "Out",
                "Cancel, leave full screen, back to the runs",
                True,
                "esc",
                is_priority=True,
            ),
            Action("question_mark", "help", "Help", "This list", True, "?"),
            Action("q", "quit_lab", "Quit", "Leave the lab; training goes on", True),
        ),
    ),
)


FOCUS_BINDINGS = (
    Binding("tab", "app.focus_next", "Next", show=False, priority=True),
    Binding("shift+tab", "app.focus_previous", "Before", show=False, priority=True),
)
"""Done at once, for the same reason."""


def bindings(groups: tuple[Group, ...]) -> list[Binding]:
    """Return the bindings of a table."""
    return [
        *FOCUS_BINDINGS,
        *(
            Binding(
                action.key,
                action.name,
                action.label,
                tooltip=action.help,
                show=action.is_in_footer,
                key_display=action.shown_key or None,
                priority=action.is_priority,
            )
            for group in groups
            for action in group.actions
        ),
    ]
