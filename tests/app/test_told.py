"""Toasts: their position, and that they close with their screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.screens.prompt import PromptScreen
from rnnlab.tui.screens.system import SystemScreen
from tests.toys.app_lab import home, toasts, until

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


async def test_toasts_close_with_their_screen_and_the_next_screens_toast_stays(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        home(app).toast("of the lab")
        home(app).toast("with care", "warning")
        await until(pilot, lambda: len(toasts(app)) == 2)
        await pilot.press("f10")
        await until(pilot, lambda: isinstance(app.page, SystemScreen))
        await until(pilot, lambda: not toasts(app))
        app.page.open_screen("prompt", toast="of the prompt")
        await until(pilot, lambda: isinstance(app.page, PromptScreen))
        await until(pilot, lambda: toasts(app) == ["of the prompt"])


async def test_error_toasts_stay_on_all_screens(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        lab.say(run, state="failed", reason="the disk is full")
        await until(pilot, lambda: toasts(app) == ["alpha failed: the disk is full"])
        await pilot.press("f10")
        await until(pilot, lambda: isinstance(app.page, SystemScreen))
        assert toasts(app) == ["alpha failed: the disk is full"]


async def test_toasts_cover_no_candidate_on_a_small_screen(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press("i", "x", "enter")
        await until(pilot, lambda: generator.requests)
        generator.answer(" one", " two", " three")
        await until(pilot, lambda: app.screen.query(Candidate))
        home(app).toast("copied 12 characters; tmux needs: set -g set-clipboard on")
        await until(
            pilot, lambda: app.screen.query("Toast") and app.screen.query_one("Toast").region
        )
        below = app.screen.query_one("Toast").region.bottom
        assert below <= min(candidate.region.y for candidate in app.screen.query(Candidate))
