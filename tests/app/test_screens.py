"""What holds for every screen: its declaration, its actions, how it is reached and left."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.binding import Binding
from textual.widgets import Input

from rnnlab.runs import steer
from rnnlab.runs.store import Run
from rnnlab.tui.actions import bindings, written
from rnnlab.tui.app import LabApp
from rnnlab.tui.desk import Desk
from rnnlab.tui.messages import ScreenAsked
from rnnlab.tui.screens import system
from rnnlab.tui.shell import screen_registry as _declaration
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from rnnlab.tui.shell.screen import HOME, BaseScreen
from rnnlab.tui.shell.screen_registry import Entry, entries, entry
from rnnlab.tui.widgets.screen_bar import ScreenBar
from tests.toys.app_lab import Clock, home, until

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab

every_screen = pytest.mark.parametrize("name", [e.name for e in entries()])


@pytest.fixture
def desk(lab: Lab) -> Desk:
    return Desk(lab.store)


@every_screen
def test_what_is_read_of_a_file_is_what_it_declares(name: str, desk: Desk) -> None:
    found = entry(name)
    screen = found.make(desk)
    assert screen.entry_name == name
    assert found.title
    assert found.help


@every_screen
def test_every_action_is_bound_to_its_key_once_in_a_pane(name: str, desk: Desk) -> None:
    screen = entry(name).make(desk)
    bound = [b for b in type(screen).BINDINGS if isinstance(b, Binding)]
    assert bound == bindings(screen.GROUPS)
    names = [action.name for group in screen.GROUPS for action in group.actions]
    assert len(set(names)) == len(names)
    for one, other in itertools.combinations(screen.GROUPS, 2):
        if not (one.pane and other.pane and one.pane != other.pane):
            keys = [{k for a in g.actions for k in a.key.split(",")} for g in (one, other)]
            assert not keys[0] & keys[1], (one.title, other.title)


@every_screen
def test_no_letter_goes_before_text_fields(name: str, desk: Desk) -> None:
    for group in entry(name).make(desk).GROUPS:
        for action in group.actions:
            if action.is_priority:
                assert all(len(key) > 1 for key in action.key.split(",")), action.name


@every_screen
async def test_its_key_opens_a_screen_and_escape_leads_home(
    lab: Lab, app: LabApp, name: str
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        for key in entry(name).key.split(","):
            await pilot.press(key)
            await until(pilot, lambda: app.page.entry_name == name)
            assert app.focused is not None
            for _ in range(3):
                await pilot.press("escape")
            await until(pilot, lambda: app.page.entry_name == HOME)


@every_screen
def test_every_action_is_in_the_palette(name: str, lab: Lab, app: LabApp) -> None:
    page = entry(name).make(app.desk)
    offered = {(c.title, c.help) for c in app.actions_of(page)}
    for group in page.GROUPS:
        for action in group.actions:
            assert (action.label, action.help) in offered


def test_a_file_with_a_declaration_is_a_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_declaration, "_FOLDER", tmp_path)
    (tmp_path / "fish_tank.py").write_text(
        '"""Fish."""\nraise SystemExit("imported")\n'
        'SCREEN = Declaration(\n    Tank, key="f12", title="Fish",\n'
        '    help="See fish", needs_run=True\n)\n'
    )
    found = _declaration._entry("fish-tank")
    assert found == Entry("fish-tank", "f12", "Fish", "See fish", needs_run=True)


def test_letters_come_before_function_keys_and_these_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = sorted(["n", "f10", "f2", "f9"], key=_declaration._order)
    assert keys == ["n", "f2", "f9", "f10"]
    assert [written(key) for key in keys] == ["n", "F2", "F9", "F10"]


async def test_a_screen_about_a_run_is_not_opened_without_one(
    app: LabApp, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    from rnnlab.tui import app as app_module

    needy = Entry("needy", "f12", "Needy", "Looks into a run", needs_run=True)
    monkeypatch.setattr(app_module, "entry", lambda _name: needy)
    async with app.run_test(size=(120, 40)) as pilot:
        app.post_message(ScreenAsked("needy"))
        await until(pilot, lambda: said)
        assert "choose one first" in said[0]
        assert app.page.entry_name == HOME


async def test_the_bar_opens_the_screen_that_is_clicked_and_says_what_goes_on(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha", "running")
    async with app.run_test(size=(300, 40)) as pilot:
        bar = app.screen.query_one(ScreenBar)
        await until(pilot, lambda: "1 training, 1 run " in str(bar.render()))
        last = entries()[-1]
        await pilot.click(bar, offset=(str(bar.render()).index(last.title) + 1, 0))
        await until(pilot, lambda: app.page.entry_name == last.name)


async def test_a_single_letter_is_dead_in_a_text_field_and_a_function_key_is_not(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Input))
        letters = {
            key
            for group in app.page.GROUPS
            for action in group.actions
            for key in action.key.split(",")
            if len(key) == 1
        }
        for key in sorted(letters):
            await pilot.press(key)
        assert app.screen.query_one("#prompt", Input).value == "".join(sorted(letters))
        await pilot.press("f1")
        await until(pilot, lambda: not isinstance(app.screen, BaseScreen))


async def test_an_action_that_asks_asks_once_whatever_comes_in_a_burst(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves: list[int] = []

    def move(run: Run, by: int) -> str:
        moves.append(by)
        return "moved"

    monkeypatch.setattr(steer, "move_in_queue", move)
    lab.add("alpha")
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.desk.chosen)
        page = app.page
        page.action_do("sooner")
        page.action_do("sooner")
        await until(pilot, lambda: moves == [-1, -1])
        page.action_do("delete")
        page.action_do("delete")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is page)
        page.action_do("delete")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))


async def test_the_machine_is_looked_at_once_in_a_second_of_the_clock(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    takes: list[float] = []
    clock = Clock(100.0)
    app.desk.clock = clock
    take = system.SystemScreen.take

    def counted_take(screen: system.SystemScreen) -> None:
        takes.append(clock.now)
        take(screen)

    def counted_look() -> list[int]:
        looks.append(clock.now)
        return []

    monkeypatch.setattr(system.SystemScreen, "take", counted_take)
    monkeypatch.setattr(system, "_generators", counted_look)
    lab.add("alpha")
    async with app.run_test() as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press("f10")
        await until(pilot, lambda: looks and len(takes) > 3)
        assert looks == [100.0]
        clock.now += 1.5
        await until(pilot, lambda: len(looks) > 1 and takes.count(101.5) > 3)
        assert looks == [100.0, 101.5]


async def test_looks_at_the_machine_cancel_no_action_and_are_made_in_a_thread(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def generators() -> list[int]:
        looks.append(threading.get_ident())
        return []

    monkeypatch.setattr(system, "_generators", generators)
    monkeypatch.setattr(system, "_EVERY_S", 0.01)
    lab.add("alpha", "running")
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.desk.summaries)
        await pilot.press("f10", "q")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        seen = len(looks)
        app.page.take()
        await until(pilot, lambda: len(looks) > seen)
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    assert threading.get_ident() not in looks
