"""A monkey at the keyboard: random keys, clicks and sizes, the same ones for the same seed."""

from __future__ import annotations

import contextlib
import random

from textual import events
from textual.errors import NoWidget

from rnnlab.tui.app import LabApp
from rnnlab.tui.shell.screen import HOME, BaseScreen
from rnnlab.tui.shell.screen_registry import entries
from tests.toys.app_lab import Lab, home, until
from tests.toys.fake_generator import FakeGenerator
from tests.toys.painted_at_rest import paint

_MORE = ("tab", "shift+tab", "backspace", "a", "x", "1", "space", "enter", "escape", "down")


def fill(lab: Lab) -> None:
    """Make three runs: one that trains, one with an error, one that is finished."""
    lab.add("alpha", "running")
    lab.add("beta", "failed", reason="[x]")
    lab.add("gamma")


async def play(app: LabApp, generator: FakeGenerator, num_keys: int, seed: int | str) -> int:
    """Press keys in an app over three runs; return their number once the home screen is back.

    There are fewer if they close the app. An error of the app ends the test, as `run_test` raises
    it.
    """
    chance = random.Random(seed)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 3)
        first = home(app)
        for i in range(num_keys):
            if not app.is_running:
                return i  # the next keys would go nowhere
            if i % 40 == 0:
                await pilot.resize_terminal(chance.randint(20, 300), chance.randint(8, 80))
            key = chance.choice(_keys(app, first))
            app.post_message(events.Key(key, key if len(key) == 1 else None))
            if i % 5 == 0:
                await pilot.pause()
            if i % 10 == 0:
                paint(app)
            if generator.requests and i % 30 == 0:
                generator.answer("[b]", "\x1b]0;x\x07")
            if i % 17 == 0:
                width, height = app.size
                at = chance.randrange(width), chance.randrange(height)
                with contextlib.suppress(NoWidget):  # on a screen that is not laid out yet
                    await pilot.click(offset=at)
        await pilot.resize_terminal(120, 40)
        for _ in range(12):
            await pilot.press("escape")
        await pilot.press("f2")
        await until(pilot, lambda: app.page.entry_name == HOME)
        await until(pilot, lambda: app.focused is not None)
    return num_keys


def _keys(app: LabApp, first: BaseScreen) -> list[str]:
    """Return the keys of all screens opened so far but those that leave the lab, and some more."""
    opened = [app.get_screen(one.name) for one in entries() if app.is_screen_installed(one.name)]
    pages = [first, *(page for page in opened if isinstance(page, BaseScreen))]
    actions = [action for page in pages for group in page.GROUPS for action in group.actions]
    bound = {key for action in actions for key in action.keys}
    screens = [key for entry in entries() for key in entry.opening_keys]
    return sorted(bound - {"q"}) + [*_MORE, *screens] * 2
