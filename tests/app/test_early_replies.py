"""Replies that come while the screen that would show them is still being put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from rnnlab.tui.app import LabApp
from rnnlab.tui.shell.screen_registry import entry
from rnnlab.tui.widgets.candidate import Candidate
from tests.toys.app_lab import home, until

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


@pytest.mark.parametrize("name", ["prompt", "beams"])
async def test_an_answer_from_before_the_first_frame_is_shown_in_it(
    name: str, lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press("enter", *"Once", "enter")
        await until(pilot, lambda: generator.requests)
        page = app._pages[name] = entry(name).make(app.desk)
        app.install_screen(page, name)
        for decoder in range(3):
            generator.answer(" upon", decoder=decoder)
        await until(pilot, lambda: app.desk.writing.is_over)
        await pilot.press(entry(name).key)
        await until(pilot, lambda: app.screen is page and page.query(Candidate))
        shown = page.query(Candidate).first().query(Static).last()
        await until(pilot, lambda: str(shown.render()) == "Once upon")
