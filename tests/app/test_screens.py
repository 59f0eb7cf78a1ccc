"""Every screen: its declaration, its actions, how it opens and closes."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.binding import Binding
from textual.widgets import TextArea

from rnnlab.runs import control
from rnnlab.runs.run import Run
from rnnlab.tui.app import LabApp
from rnnlab.tui.messages import ScreenAsked
from rnnlab.tui.outside.machine import MachineRead
from rnnlab.tui.screens import system
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.shell.actions import bindings
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from rnnlab.tui.shell.dialogs.form import FormScreen
from rnnlab.tui.shell.palette import entries_of
from rnnlab.tui.shell.screen import HOME, BaseScreen
from rnnlab.tui.shell.screen_bar import ScreenBar
from rnnlab.tui.shell.screen_factory import make_screen
from rnnlab.tui.shell.screen_registry import ScreenEntry, entries, entry, read_entry
from rnnlab.tui.state.lab_state import LabState
from tests.toys.app_lab import WORLD, Clock, home, until
from tests.toys.fixed_lab import MACHINE
from tests.toys.garbage import warnings_to_the_end

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab, OpenLab

every_screen = pytest.mark.parametrize("name", [e.name for e in entries()])


@pytest.fixture
def state(lab: Lab) -> LabState:
    return LabState(lab.store)


@every_screen
def test_the_registry_reads_the_declaration(name: str, state: LabState) -> None:
    found = entry(name)
    screen = make_screen(found.name, state)
    assert screen.entry_name == name
    assert found.title
    assert found.help


@every_screen
def test_every_action_is_bound_to_its_key_once_in_a_pane(name: str, state: LabState) -> None:
    screen = make_screen(name, state)
    bound = [b for b in type(screen).BINDINGS if isinstance(b, Binding)]
    assert bound == bindings(screen.GROUPS)
    names = [action.name for group in screen.GROUPS for action in group.actions]
    assert len(set(names)) == len(names)
    for one, other in itertools.combinations(screen.GROUPS, 2):
        if not (one.pane and other.pane and one.pane != other.pane):
            keys = [{k for a in g.actions for k in a.keys} for g in (one, other)]
            assert not keys[0] & keys[1], (one.title, other.title)


@every_screen
def test_it_shows_its_state_once_when_it_comes(name: str, state: LabState) -> None:
    """Textual calls a handler of every class, also if that of a subclass has called `super()`."""
    for handler in ("on_screen_resume", "on_screen_suspend"):
        classes = type(make_screen(name, state)).__mro__
        assert [one for one in classes if handler in vars(one)] == [BaseScreen]


@every_screen
def test_no_letter_overrides_text_fields(name: str, state: LabState) -> None:
    for group in make_screen(name, state).GROUPS:
        for action in group.actions:
            if action.is_priority:
                assert all(len(key) > 1 for key in action.keys), action.name


async def test_its_keys_open_every_screen_and_escape_leads_home(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        # `test_every_action.py` presses the first key of each.
        ways: list[tuple[str, tuple[str, ...]]] = [
            (e.name, (key,)) for e in entries() for key in e.key.split(",")[1:]
        ]
        ways += [(e.name, ("g", e.go)) for e in entries() if e.name != HOME]
        for name, keys in ways:
            try:
                await pilot.press(*keys)
                await until(pilot, lambda name=name: app.page.entry_name == name)  # type: ignore[misc]
                assert app.focused is not None, f"{name} by {keys}"
                await pilot.press("escape", "escape", "escape")
                await until(pilot, lambda: app.page.entry_name == HOME)
            except TimeoutError:
                pytest.fail(f"{keys} and escape: {app.page.entry_name}, not {name} and {HOME}")


@every_screen
def test_every_action_is_in_the_palette(name: str, lab: Lab, app: LabApp) -> None:
    page = make_screen(name, app.state)
    offered = {(one.label, one.key, one.help) for one in entries_of(page)}
    for group in page.GROUPS:
        for action in group.actions:
            assert (action.label, action.written_key, action.help) in offered


def test_a_file_with_a_declaration_is_a_screen_that_is_not_imported(tmp_path: Path) -> None:
    file = tmp_path / "fish_tank.py"
    file.write_text(
        '"""Fish."""\nraise SystemExit("imported")\n'
        'SCREEN = Declaration(\n    Tank, key="f12", go="z", title="Fish",\n'
        '    help="See fish", needs_run=True\n)\n'
    )
    assert read_entry(file) == ScreenEntry(
        "fish-tank", "Fish", "See fish", go="z", key="f12", needs_run=True
    )


def test_function_keys_come_in_order_and_before_letters() -> None:
    keys = [one.first_key for one in entries() if one.key]
    letters = [key for key in keys if len(key) == 1]
    numbers = [int(key[1:]) for key in keys if len(key) > 1]
    assert keys == [*(f"f{number}" for number in sorted(numbers)), *sorted(letters)]
    assert letters
    assert max(numbers) > 9, "F10 comes after F9"


async def test_a_screen_about_a_run_is_not_opened_without_one(app: LabApp, said: list[str]) -> None:
    assert entry("inspect").needs_run
    async with app.run_test(size=(120, 40)) as pilot:
        app.post_message(ScreenAsked("inspect"))
        await until(pilot, lambda: said)
        assert "choose one in the lab (F2)" in said[0]
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
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.focused, TextArea))
        letters = {
            key
            for group in app.page.GROUPS
            for action in group.actions
            for key in action.keys
            if len(key) == 1
        }
        for key in sorted(letters):
            await pilot.press(key)
        assert app.screen.query_one("#prompt", TextArea).text == "".join(sorted(letters))
        await pilot.press("f1")
        await until(pilot, lambda: not isinstance(app.screen, BaseScreen))


async def test_an_action_that_asks_asks_once_whatever_comes_in_a_burst(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves: list[int] = []

    def move(run: Run, by: int) -> str:
        moves.append(by)
        return "moved"

    monkeypatch.setattr(control, "move_in_queue", move)
    lab.add("alpha")
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.state.chosen)
        page = app.page
        page.action_do("sooner")
        page.action_do("sooner")
        await until(pilot, lambda: moves == [-1, -1])
        page.action_do("edit")
        page.action_do("edit")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is page)
        page.action_do("edit")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))


class NotedMachine:
    """Returns the same reading every time, and records the time and the thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.times: list[float] = []
        self.threads: list[int] = []

    def read(self, processes: Iterable[tuple[str, int]]) -> MachineRead:
        self.times.append(self._clock.now)
        self.threads.append(threading.get_ident())
        return MACHINE


async def test_the_machine_is_read_once_in_a_second_of_the_clock(
    lab: Lab, open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes: list[float] = []
    clock = Clock(100.0)
    machine = NotedMachine(clock)
    app = open_lab(clock=clock, outside=replace(WORLD, make_machine=lambda _folder: machine))
    take = system.SystemScreen.show_state

    def counted_take(screen: system.SystemScreen) -> None:
        takes.append(clock.now)
        take(screen)

    monkeypatch.setattr(system.SystemScreen, "show_state", counted_take)
    lab.add("alpha")
    async with app.run_test() as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press("f10")
        await until(pilot, lambda: machine.times and len(takes) > 3)
        assert machine.times == [100.0]
        clock.now += 1.5
        await until(pilot, lambda: len(machine.times) > 1 and takes.count(101.5) > 3)
        assert machine.times == [100.0, 101.5]


async def test_reads_of_the_machine_cancel_no_action_and_are_made_in_a_thread(
    lab: Lab, open_lab: OpenLab, clock: Clock
) -> None:
    machine = NotedMachine(clock)
    outside = replace(WORLD, make_machine=lambda _folder: machine, machine_every_s=-1.0)
    app = open_lab(clock=clock, outside=outside)
    lab.add("alpha", "running")
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.state.summaries)
        await pilot.press("f10", "q")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        num_reads = len(machine.times)
        app.page.show_state()
        await until(pilot, lambda: len(machine.times) > num_reads)
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    assert threading.get_ident() not in machine.threads


@pytest.mark.parametrize("keys", [["f10"], ["g", "r"]], ids=["system", "run"])
async def test_reads_that_a_newer_one_replaces_leave_no_warning(
    lab: Lab, open_lab: OpenLab, keys: list[str]
) -> None:
    outside = replace(
        WORLD, make_machine=lambda _folder: NotedMachine(Clock(0.0)), machine_every_s=-1.0
    )
    app = open_lab(outside=outside)
    lab.add("alpha")
    with warnings_to_the_end() as caught:
        async with app.run_test() as pilot:
            await until(pilot, lambda: home(app).table.row_count)
            await pilot.press(*keys)
            await until(pilot, lambda: not isinstance(app.page, LabScreen))
            for _ in range(3):
                app.page.show_state()
            await pilot.pause()
    assert not [one for one in caught if "never awaited" in one]
