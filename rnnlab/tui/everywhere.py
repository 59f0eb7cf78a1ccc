"""Actions of every screen: open another screen, help, quit."""

from __future__ import annotations

from rnnlab.base.names import first_of
from rnnlab.runs import control
from rnnlab.tui.runs.steering import do_with_run
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from rnnlab.tui.shell.dialogs.help import HelpScreen
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.screen_registry import ScreenEntry, entries


def _opener(entry: ScreenEntry) -> Action[BaseScreen]:
    def open_screen(screen: BaseScreen) -> None:
        screen.open_screen(entry.name)

    return Action(entry.key, f"open-{entry.name}", open_screen, entry.title, entry.help, opens=True)


_MOST_NAMED = 5
"""Maximum number of runs that the question names: the question must fit above its buttons."""


def _help(screen: BaseScreen) -> None:
    screen.app.push_screen(HelpScreen(screen.groups_of_focus_first()))


def _out(screen: BaseScreen) -> None:
    screen.out()


async def _quit(screen: BaseScreen) -> None:
    """Close the app; ask first if runs are training or queued."""
    active = [
        s.name
        for s in screen.state.summaries.values()
        if s.state in ("running", "starting", "queued")
    ]
    if active:
        names = first_of(active, _MOST_NAMED)
        question = f"{names}: training continues after the lab closes."
        answers = [("leave", "Leave running"), ("stop", "Save and stop"), ("cancel", "Cancel")]
        answer = await screen.app.push_screen_wait(ChoiceScreen(question, answers))
        if answer == "cancel":
            return
        if answer == "stop":
            for name in active:
                await do_with_run(screen, control.stop, name)
    screen.app.exit()


SCREENS = Group("Screens", tuple(map(_opener, entries())))
EVERYWHERE = Group[BaseScreen](
    "Everywhere",
    (
        Action(
            "escape", "out", _out, "Out", "Cancel, leave full screen, or go back", True,
            is_priority=True, label_now=lambda screen: screen.escape_label(),
        ),
        Action("question_mark,f1", "help", _help, "Help", "Show all keys", True, opens=True),
        Action(
            "q", "quit", _quit, "Quit", "Close the lab; training continues", True, opens=True
        ),
    ),
)  # fmt: skip
