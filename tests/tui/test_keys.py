"""Where keys go: what is pressed while a screen comes is for it, never for the one below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual import events

from rnnlab.runs import steer
from rnnlab.runs.store import Run
from rnnlab.tui.app import LabApp
from rnnlab.tui.key_gate import KeyGate
from rnnlab.tui.screens._base import HOME
from rnnlab.tui.screens._declaration import entries
from rnnlab.tui.screens._filter import FilterScreen
from rnnlab.tui.screens.new_run import NewRunScreen
from rnnlab.tui.screens.prompt import PromptScreen
from tests.tui.conftest import burst, home, until

if TYPE_CHECKING:
    from tests.tui.conftest import Lab


def test_what_is_held_comes_in_the_order_of_the_keys_and_only_once_all_let_go() -> None:
    gate = KeyGate()
    assert not gate.holds(events.Key("a", "a"))
    early, late = events.Key("b", "b"), events.Paste("c")
    first, second = gate.close(), gate.close()
    assert gate.holds(early)
    gate.open(first)
    assert gate.next() is None
    gate.open(second)
    assert gate.holds(late), "it does not overtake what waits"
    assert [gate.next(), gate.next(), gate.next()] == [early, late, None]


@pytest.fixture
def steered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every run that is steered."""
    done: list[str] = []

    def act(run: Run, **_: object) -> str:
        done.append(run.name)
        return "done"

    for name in ("stop", "pause", "resume", "checkpoint"):
        monkeypatch.setattr(steer, name, act)
    return done


async def test_what_is_written_right_after_a_screen_key_stands_in_its_text(
    lab: Lab, app: LabApp, steered: list[str]
) -> None:
    lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        for text in ("stop", "stopstop"):  # the second time the screen is there already
            burst(app, "f3", *"stop", "f2")
            await until(pilot, lambda text=text: app.desk.writing.fields.prompt == text)  # type: ignore[misc]
            await until(pilot, lambda: app.page.entry_name == HOME)
        assert steered == []


async def test_no_key_after_a_screen_key_is_a_command_to_the_lab(
    lab: Lab, app: LabApp, steered: list[str]
) -> None:
    lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        for one in entries():
            if one.name not in (HOME, "system"):  # these steer runs themselves
                burst(app, one.first_key, "s", "w", "m", "f2")
                await until(pilot, lambda: app.page.entry_name == HOME)
        assert steered == []


async def test_a_burst_goes_through_several_screens(
    lab: Lab, app: LabApp, steered: list[str]
) -> None:
    lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        burst(app, "f10", "f3", "s", "f6", "s", "f3", "s")
        await until(pilot, lambda: app.desk.writing.fields.prompt == "ss")
        assert isinstance(app.page, PromptScreen)
        burst(app, "f6", "s", "f2", "s")
        await until(pilot, lambda: steered == ["alpha"])
        assert app.page.entry_name == HOME


async def test_what_is_written_right_after_the_key_of_a_dialog_is_for_the_dialog(
    lab: Lab, app: LabApp, steered: list[str]
) -> None:
    lab.add("alpha", "running")
    lab.add("sums")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        burst(app, "slash", *"sum", "enter", "slash", "s")
        await until(pilot, lambda: app.desk.view.filter == "s")
        assert isinstance(app.screen, FilterScreen)
        burst(app, "enter", "n", "s")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
        await pilot.press("escape")
        assert steered == []


async def test_keys_after_a_screen_that_does_not_come_are_for_the_one_that_stays(
    app: LabApp, steered: list[str]
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        burst(app, "f3", "slash")
        await until(pilot, lambda: isinstance(app.screen, FilterScreen))
        assert app.page.entry_name == HOME
