"""Actions of every screen: open another screen, help, quit."""

from __future__ import annotations

import asyncio
from datetime import datetime

from rnnlab.base.display import visible
from rnnlab.base.errors import BadInputError
from rnnlab.runs import control
from rnnlab.tui.runs.quit_dialog import QuitScreen, active_runs
from rnnlab.tui.runs.steering import do_with_run
from rnnlab.tui.shell.actions import Action, Group, written
from rnnlab.tui.shell.dialogs.help import HelpScreen
from rnnlab.tui.shell.picture import take_picture, write_picture
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.screen_registry import ScreenEntry, entries


def _opener(entry: ScreenEntry) -> Action[BaseScreen]:
    def open_screen(screen: BaseScreen) -> None:
        screen.open_screen(entry.name)

    return Action(
        entry.key, f"open-{entry.name}", open_screen, entry.title, entry.help, opens=True,
        shown_key=", ".join([*map(written, filter(None, entry.key.split(","))), f"g{entry.go}"]),
    )  # fmt: skip


_PALETTE_CLOSES_S = 0.1
"""Seconds before a picture: when the palette closes, Textual draws nothing for 0.05 s."""


def _help(screen: BaseScreen) -> None:
    screen.app.push_screen(HelpScreen(screen.groups_of_focus_first()))


def _out(screen: BaseScreen) -> None:
    screen.out()


def _go(screen: BaseScreen) -> None:
    screen.go_keys.open()


def _last_row(screen: BaseScreen) -> None:
    screen.press("end")


def _palette(screen: BaseScreen) -> None:
    screen.app.action_command_palette()


async def _picture(screen: BaseScreen) -> None:
    """Write a picture of the screen, without toasts, to files in the folder of pictures."""
    await asyncio.sleep(_PALETTE_CLOSES_S)
    racks = [rack for rack in screen.query("ToastRack") if rack.display]
    for rack in racks:
        rack.display = False
    painted = asyncio.Event()
    screen.call_after_refresh(painted.set)
    await painted.wait()
    picture = take_picture(screen.app)
    for rack in racks:
        rack.display = True
    stem = f"{screen.entry_name}-{datetime.now():%Y%m%d-%H%M%S}"
    try:
        first, *others = await asyncio.to_thread(write_picture, picture, stem)
    except BadInputError as error:
        screen.toast(str(error), "error")
    else:
        endings = ", ".join(file.suffix for file in others)
        screen.toast(f"wrote {visible(str(first), newline=' ')}, {endings}")


async def _quit(screen: BaseScreen) -> None:
    """Close the app; ask first if runs are training or queued."""
    if active_runs(screen.state):
        dialog = QuitScreen(screen.state)
        answer = await screen.app.push_screen_wait(dialog)
        if answer == "cancel":
            return
        if answer == "stop":
            for name in dialog.names:
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
        Action("g", "go", _go, "Go to", "Go to a screen by its letter; gg: first row", opens=True),
        Action(
            "G", "last-row", _last_row, "Last row", "Go to the last row of the focused pane",
            opens=True,
        ),
        Action(
            "colon,ctrl+p", "palette", _palette, "Palette", "Find an action by a word", opens=True
        ),
        Action("I", "picture", _picture, "Picture", "Write the screen to new files: SVG and text"),
        Action("question_mark,f1", "help", _help, "Help", "Show all keys", True, opens=True),
        Action(
            "q", "quit", _quit, "Quit", "Close the lab; training continues", True, opens=True
        ),
    ),
)  # fmt: skip
