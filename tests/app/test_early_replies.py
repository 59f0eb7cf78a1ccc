"""Replies that arrive while their screen is still being composed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from rnnlab.tui.shell.screen_registry import entry
from tests.toys.app_lab import home, until

if TYPE_CHECKING:
    from textual.message import Message

    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


@pytest.mark.parametrize("name", ["prompt", "beams"])
async def test_answers_from_before_the_first_frame_are_shown_in_it(
    name: str, lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    was_mounted: list[bool] = []

    def answer_early(_message: Message) -> None:
        if not was_mounted and app.screen_stack and app.page.entry_name == name:
            was_mounted.append(app.page.is_mounted)
            for decoder in range(3):
                generator.answer(" upon", decoder=decoder)

    async with app.run_test(size=(120, 40), message_hook=answer_early) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press("i", *"Once", "enter")
        await until(pilot, lambda: generator.requests)
        await pilot.press(*entry(name).opening_keys)

        def shown() -> list[str]:
            return [str(one.render()) for one in app.page.query("Candidate Static").results(Static)]

        await until(pilot, lambda: app.page.entry_name == name and "… upon" in shown())
        assert was_mounted == [False]
