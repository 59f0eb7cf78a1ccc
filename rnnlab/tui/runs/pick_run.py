"""Choose another run from a screen that shows one."""

from __future__ import annotations

from rnnlab.tui.messages import RunChosen
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.screen import BaseScreen


def _choose(screen: BaseScreen, by: int) -> None:
    """Choose the next (1) or previous (-1) run in the order of the runs table."""
    state = screen.state
    names = [summary.name for summary in state.in_order()]
    if not names:
        return
    place = names.index(state.chosen_name) if state.chosen_name in names else 0
    state.chosen_name = names[(place + by) % len(names)]
    screen.post_message(RunChosen())


def _next(screen: BaseScreen) -> None:
    _choose(screen, 1)


def _previous(screen: BaseScreen) -> None:
    _choose(screen, -1)


RUN_CHOICE = Group[BaseScreen](
    "Run",
    (
        # With priority: in a pane that scrolls, Textual's own binding would take the page keys.
        Action(
            "ctrl+n,ctrl+pagedown", "next-run", _next, "Next run", "Choose the next run", True,
            is_priority=True, is_repeatable=True,
        ),
        Action(
            "ctrl+pageup", "run-before", _previous, "Previous run", "Choose the previous run",
            is_priority=True, is_repeatable=True,
        ),
    ),
)  # fmt: skip
