"""Toasts: their position, and that they close with their screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rnnlab.base.preferences import Preferences
from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.screens.prompt import PromptScreen
from rnnlab.tui.screens.system import SystemScreen
from rnnlab.tui.shell.footer import LabFooter
from tests.toys.app_lab import WORLD, home, toasts, until

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab, OpenLab
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


@pytest.mark.parametrize(
    ("alerts", "written"),
    [
        ("bell", ["\a", "\a", "\a"]),
        ("osc9", [
            "\x1b]9;a: val 1.2000, target 1.25\a", "\x1b]9;b failed: the disk is full\a",
            "\x1b]9;a is finished\a",
        ]),
    ],
)  # fmt: skip
async def test_the_terminal_alerts_a_user_who_looks_elsewhere_when_a_run_ends_fails_or_arrives(
    lab: Lab, open_lab: OpenLab, alerts: str, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    texts: list[str] = []
    outside = replace(WORLD, write_to_terminal=lambda _app, text: texts.append(text))
    app = open_lab(outside=outside, preferences=Preferences(alerts=alerts))
    a, b = lab.add("a", "running"), lab.add("b", "running")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        lab.say(a, state="running", reached="val 1.2000, target 1.25")
        await until(pilot, lambda: len(texts) == 1)
        lab.say(b, state="failed", reason="the disk is full")
        await until(pilot, lambda: len(texts) == 2)
        lab.say(a, state="finished", reached="val 1.2000, target 1.25")
        await until(pilot, lambda: len(texts) == 3)
    assert texts == written


async def test_toasts_cover_no_candidate_and_no_bar_on_a_small_screen(
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
        toast = app.screen.query_one("Toast").region
        await until(pilot, lambda: toast.y >= home(app).board.region.bottom)
        footer = app.screen.query_one(LabFooter).region
        assert (toast.bottom, footer.bottom) == (footer.y, 24), "it covers neither bar"


async def test_a_toast_of_one_line_covers_a_border_where_panes_have_one(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        pane = home(app).pane.region
        home(app).toast("saved")
        await until(pilot, lambda: app.screen.query("Toast") and app.screen.query_one("Toast").size)
        toast = app.screen.query_one("Toast").region
        assert (toast.y, toast.right, toast.height) == (pane.bottom - 1, 120, 1)
        assert home(app).pane.region == pane, "nothing moves"
