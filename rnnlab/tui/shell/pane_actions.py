"""The actions on the panes of a screen: the digits, full screen, reset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.panes import Pane
from rnnlab.tui.shell.screen import BaseScreen


def pane_group(panes: Sequence[Pane]) -> Group[BaseScreen]:
    """Return the actions on a screen's panes: the digits, full screen, reset."""
    toggles: list[Action[BaseScreen]] = [
        Action(
            ",".join(filter(None, (str(number), pane.also))),
            f"pane-{pane.id}",
            _toggler(pane, number),
            f"{pane.title} pane",
            f"Show or hide the {pane.title.lower()} pane",
        )
        for number, pane in enumerate(panes, 1)
    ]
    full: Action[BaseScreen] = Action(
        "f", "full", _full, "Full", "Show the focused pane in full screen, or all again", True
    )
    reset: Action[BaseScreen] = Action(
        "0", "panes", _reset, "All panes", "Show all panes that fit, in their default sizes"
    )
    larger: Action[BaseScreen] = Action(
        "right_curly_bracket", "larger", _larger, "Larger", "Make the focused pane larger"
    )
    smaller: Action[BaseScreen] = Action(
        "left_curly_bracket", "smaller", _smaller, "Smaller", "Make the focused pane smaller"
    )
    has_sizes = any(pane.edge for pane in panes)
    return Group("Panes", (full, *toggles, reset, *((larger, smaller) if has_sizes else ())))


def _toggler(pane: Pane, number: int) -> Any:
    def toggle(screen: BaseScreen) -> None:
        was_shown = screen.panes.alone is None and screen.panes.is_shown(pane.id)
        screen.panes.toggle(pane.id)
        if was_shown:  # the key may have been pressed by mistake
            screen.toast(f"{pane.title} hidden; {number} shows it again")

    return toggle


def _full(screen: BaseScreen) -> None:
    screen.panes.toggle_full(_focused(screen))


def _larger(screen: BaseScreen) -> None:
    screen.panes.resize(_focused(screen), 1)


def _smaller(screen: BaseScreen) -> None:
    screen.panes.resize(_focused(screen), -1)


def _focused(screen: BaseScreen) -> str | None:
    focused = [pane.id for pane in screen.PANES if screen.has_focus_in(pane.id)]
    return focused[0] if focused else None


def _reset(screen: BaseScreen) -> None:
    screen.panes.reset()
