"""Keys that are pressed while a screen opens go to this screen, never to the one below."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from textual import events
from textual.pilot import Pilot
from textual.widgets import TextArea

from rnnlab.tui.app import LabApp
from rnnlab.tui.runs.actions import STEERING
from rnnlab.tui.runs.filter_dialog import FilterScreen
from rnnlab.tui.screens.new_run import NewRunScreen
from rnnlab.tui.screens.prompt import PromptScreen
from rnnlab.tui.shell.footer import LabFooter
from rnnlab.tui.shell.screen import HOME
from rnnlab.tui.shell.screen_factory import make_screen
from rnnlab.tui.shell.screen_registry import entries, entry
from rnnlab.tui.state.key_buffer import KeyBuffer
from tests.toys.app_lab import burst, home, mailed, toasts, until

if TYPE_CHECKING:
    from rnnlab.runs.records import State
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


def test_what_is_held_comes_in_the_order_of_the_keys_and_only_once_all_let_go() -> None:
    gate = KeyBuffer()
    assert not gate.holds(events.Key("a", "a"))
    early, late = events.Key("b", "b"), events.Paste("c")
    first, second = gate.close(), gate.close()
    assert gate.holds(early)
    gate.open(first)
    assert gate.next() is None
    gate.open(second)
    assert gate.holds(late), "it does not overtake what waits"
    assert [gate.next(), gate.next(), gate.next()] == [early, late, None]


def steered(lab: Lab) -> list[str]:
    """Return the runs whose worker was sent a command since the last call."""
    return [run.name for run in lab.store if mailed(run)]


@asynccontextmanager
async def training(lab: Lab, app: LabApp) -> AsyncIterator[Pilot[None]]:
    """Open the lab on a training run, which a stray key would control."""
    lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        yield pilot


async def test_what_is_written_right_after_a_screen_key_stands_in_its_text(
    lab: Lab, app: LabApp
) -> None:
    async with training(lab, app) as pilot:
        for text in ("stop", "stopstop"):  # the second time, the screen exists already
            burst(app, "f3", *"stop", "f2")
            await until(pilot, lambda text=text: app.state.session.fields.prompt == text)  # type: ignore[misc]
            await until(pilot, lambda: app.page.entry_name == HOME)
        assert steered(lab) == []


async def test_letters_do_not_overtake_the_key_that_clears_the_field(lab: Lab, app: LabApp) -> None:
    async with training(lab, app) as pilot:
        burst(app, "i", *"old", "ctrl+u", *"new", "home", "x")
        await until(pilot, lambda: app.state.session.fields.prompt == "xnew")


async def test_no_key_after_a_screen_key_is_a_command_to_the_lab(lab: Lab, app: LabApp) -> None:
    for one in entries():
        has_commands = STEERING in make_screen(one.name, app.state).GROUPS
        assert has_commands == (one.name in (HOME, "system", "run")), one.name
    async with training(lab, app) as pilot:
        # One with a text, one with a table, one with fields: keys are held for every screen alike.
        for name in ("prompt", "corpora", "new-run"):
            burst(app, *entry(name).opening_keys, "s", "p", "m", "f2")
            await until(pilot, lambda name=name: app.is_screen_installed(name))  # type: ignore[misc]
            await until(pilot, lambda: app.page.entry_name == HOME)
        assert steered(lab) == []


async def test_a_burst_goes_through_several_screens(lab: Lab, app: LabApp) -> None:
    async with training(lab, app) as pilot:
        burst(app, "f10", "f3", "s", "f6", "s", "f3", "s")
        await until(pilot, lambda: app.state.session.fields.prompt == "ss")
        assert isinstance(app.page, PromptScreen)
        burst(app, "f6", "m", "f2", "m")
        await until(pilot, lambda: steered(lab) == ["alpha"])
        assert app.page.entry_name == HOME


async def test_what_is_written_right_after_the_key_of_a_dialog_is_for_the_dialog(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha", "running")
    lab.add("sums")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        burst(app, "slash", *"sum", "enter", "slash", "s")
        await until(pilot, lambda: app.state.view.filter == "s")
        assert isinstance(app.screen, FilterScreen)
        burst(app, "enter", "n", "s")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
        await pilot.press("escape")
        assert steered(lab) == []


async def test_keys_after_a_screen_that_does_not_come_are_for_the_one_that_stays(
    app: LabApp,
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        burst(app, "f3", "slash")
        await until(pilot, lambda: isinstance(app.screen, FilterScreen))
        assert app.page.entry_name == HOME


def is_in_field(app: LabApp) -> bool:
    return isinstance(app.focused, TextArea)


def footer(app: LabApp) -> dict[str, str]:
    """Return the labels of the footer, by key."""
    return {key.written: key.label for key in app.page.query_one(LabFooter).shown}


async def test_the_footer_names_the_help_key_that_goes_here(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await until(pilot, lambda: footer(app).get("?") == "Help")
        assert "F1" not in footer(app)
        await pilot.press("i")
        await until(pilot, lambda: footer(app).get("F1") == "Help")
        assert "?" not in footer(app), "it is a letter of the text"


async def test_escape_stops_the_task_then_leaves_the_text_then_the_screen(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    for run in ("alpha", "beta"):
        lab.add(run)
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        for name in ("prompt", "beams", "compare", HOME):
            num_asked, num_cancelled = len(generator.requests), generator.num_cancelled
            await pilot.press("i" if name == HOME else entry(name).first_key)
            await until(pilot, lambda name=name: app.page.entry_name == name)  # type: ignore[misc]
            await until(pilot, lambda: is_in_field(app))
            await pilot.press("x", "enter")
            await until(pilot, lambda num=num_asked: len(generator.requests) > num)  # type: ignore[misc]
            await until(pilot, lambda: footer(app).get("esc") == "Stop")
            await pilot.press("escape")
            await until(pilot, lambda num=num_cancelled: generator.num_cancelled > num)  # type: ignore[misc]
            assert is_in_field(app), name
            await until(pilot, lambda: footer(app).get("esc") == "Leave text")
            await pilot.press("escape")
            assert not is_in_field(app), name
            assert app.page.entry_name == name
            label = None if name == HOME else "Lab"
            await until(pilot, lambda label=label: footer(app).get("esc") == label)  # type: ignore[misc]
            await pilot.press("escape")
            await until(pilot, lambda: app.page.entry_name == HOME)


async def test_escape_goes_back_to_the_screen_one_came_from(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        for keys, name in (("enter",), "run"), (("g", "s"), "system"), (("f12",), "settings"):
            await pilot.press(*keys)
            await until(pilot, lambda name=name: app.page.entry_name == name)  # type: ignore[misc]
        for label, name in ("Back", "system"), ("Back", "run"), ("Lab", HOME):
            await until(pilot, lambda label=label: footer(app).get("esc") == label)  # type: ignore[misc]
            await pilot.press("escape")
            await until(pilot, lambda name=name: app.page.entry_name == name)  # type: ignore[misc]


async def test_the_keys_of_the_board_are_alive_once_the_text_is_left_and_in_the_footer(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press("f4", "x", "enter")
        await until(pilot, lambda: generator.requests)
        generator.answer("y")
        await until(pilot, lambda: not app.page.is_task_running)
        assert "b" not in footer(app)
        await pilot.press("escape")
        await until(pilot, lambda: {"b", "D"} <= footer(app).keys())
        await pilot.press("b")
        await until(pilot, lambda: type(app.focused).__name__ == "SearchTree")


async def test_only_what_can_be_done_with_the_chosen_run_is_offered_and_done(
    lab: Lab, app: LabApp
) -> None:
    offered: dict[State, dict[str, str]] = {
        "running": {"p": "Pause", "s": "Stop"},
        "paused": {"p": "Resume", "s": "Stop"},
        "stopped": {"r": "Resume"},
        "failed": {"r": "Resume"},
        "finished": {"r": "Resume"},
    }
    for state in offered:
        lab.add(state, state)
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == len(offered))
        for state, labels in offered.items():
            home(app).table.choose(state)
            await until(
                pilot,
                lambda labels=labels: (
                    {  # type: ignore[misc]
                        key: label for key, label in footer(app).items() if key in {"p", "s", "r"}
                    }
                    == labels
                ),
            )
        await pilot.press("p", "s", "m")
        assert steered(lab) == [], "the last one is finished"


async def test_on_return_the_focus_is_on_the_main_widget_of_the_screen(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        for key, elsewhere in (("f7", "i"), ("f3", "escape"), ("f2", "i")):
            await pilot.press(key)
            first = app.focused
            await pilot.press(elsewhere)
            assert app.focused is not first
            await pilot.press("f10", key)
            await until(pilot, lambda first=first: app.focused is first)  # type: ignore[misc]


async def test_a_dialog_gives_the_focus_back_to_where_it_was(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press("tab")
        before = app.focused
        assert before is not home(app).table
        await pilot.press("question_mark", "escape")
        await until(pilot, lambda: app.screen is app.page)
        assert app.focused is before


async def test_a_toast_replaces_the_previous_one_of_its_severity(app: LabApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        for text in "one", "two", "three":
            app.page.toast(text)
        app.page.toast("wrong", "error")
        await until(pilot, lambda: toasts(app) == ["three", "wrong"])
