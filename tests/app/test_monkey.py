"""A monkey at the keyboard: keys, clicks and sizes at random, always the same ones.

RNNLAB_MONKEY=5000 presses that many keys; by default fewer are, so that the suite stays short.
RNNLAB_MONKEY_SEED=8 presses others.
"""

from __future__ import annotations

import contextlib
import os
import random
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.errors import NoWidget

from rnnlab.runs import steer
from rnnlab.tui.app import LabApp
from rnnlab.tui.shell.screen import HOME
from rnnlab.tui.shell.screen_registry import entries
from tests.toys.app_lab import home, until

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator

NUM_KEYS = int(os.environ.get("RNNLAB_MONKEY", "150"))
SEED = int(os.environ.get("RNNLAB_MONKEY_SEED", "7"))


def keys_of(app: LabApp) -> list[str]:
    """Return every key of every table but those that leave the lab, and some others."""
    groups = [group for page in app._pages.values() for group in page.GROUPS]
    bound = {key for g in groups for action in g.actions for key in action.key.split(",")}
    more = ["tab", "shift+tab", "backspace", "a", "x", "1", "space", "enter", "escape", "down"]
    screens = [entry.first_key for entry in entries()]
    return sorted(bound - {"q"}) + [*more, *screens] * 2


@pytest.mark.timeout(900)
async def test_the_lab_survives_a_monkey(
    lab: Lab, app: LabApp, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steer, "launch", lambda _run, **_: 0)
    lab.add("alpha", "running")
    lab.add("beta", "failed", reason="[x]")
    lab.add("gamma")
    chance = random.Random(SEED)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 3)
        for i in range(NUM_KEYS):
            if i % 40 == 0:
                await pilot.resize_terminal(chance.randint(20, 300), chance.randint(8, 80))
            key = chance.choice(keys_of(app))
            app.post_message(events.Key(key, key if len(key) == 1 else None))
            if i % 5 == 0:
                await pilot.pause()
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
