"""The question about the runs in training, which changes with them while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.tui.runs.quit_dialog import QuitScreen
from tests.toys.app_lab import home, mailed, text_of, until

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab


async def test_runs_that_start_or_end_meanwhile_are_named_and_only_these_are_stopped(
    lab: Lab, app: LabApp
) -> None:
    first = lab.add("first", "running")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, QuitScreen) and app.focused)
        assert text_of(app, "#question").startswith("first: training continues")
        lab.say(first, state="finished", step=40)
        await until(pilot, lambda: text_of(app, "#question").startswith("No run is training"))
        second = lab.add("second", "running")
        await until(pilot, lambda: text_of(app, "#question").startswith("second: training"))
        await pilot.press("right", "enter")
        await until(pilot, lambda: mailed(second) == ["stop"])
        assert mailed(first) == []
