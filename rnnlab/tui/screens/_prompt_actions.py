"""What can be done with the prompt and with what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input

from rnnlab.tui.actions import Action, Group
from rnnlab.tui.screens._decoders import DecodersScreen

if TYPE_CHECKING:
    from rnnlab.tui.screens.lab import LabScreen


def prompt(screen: LabScreen) -> None:
    """Go to the prompt."""
    if not screen.panes.is_shown("prompt-pane"):
        screen.panes.toggle("prompt-pane")
    screen.pane.focus_prompt()


def _letters(screen: LabScreen) -> None:
    screen.pane.board.toggle_letters()


def _copy(screen: LabScreen) -> None:
    answer = screen.pane.board.focused_answer()
    if answer is None:
        screen.tell("there is no continuation to copy", "warning")
        return
    screen.app.copy_to_clipboard(answer.text)
    screen.tell(f"copied {len(answer.text)} letters (in tmux: set-clipboard on)")


async def _decoders(screen: LabScreen) -> None:
    """Choose decoders from a list."""
    specs = screen.query_one("#decoders", Input).value.split()
    chosen = await screen.app.push_screen_wait(DecodersScreen(specs))
    if chosen:
        screen.pane.set_decoders(chosen)


PROMPTING = Group["LabScreen"](
    "Prompt",
    (
        Action("t", "letters", _letters, "Letters", "Every letter with its log-prob, or the text"),
        Action("c", "copy", _copy, "Copy", "Copy the focused continuation"),
        Action("f9", "decoders", _decoders, "Decoders", "Choose decoders from a list", True),
    ),
)
