"""The inspect screen: its questions, the findings, its keys."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.widgets import Input, Static

from rnnlab.protocol.messages import Ended, Failed, Inspected
from rnnlab.tui.app import LabApp
from rnnlab.tui.inspect.views import view_names
from rnnlab.tui.screens.inspect import InspectScreen
from tests.toys.app_lab import WORLD, until
from tests.toys.fake_generator import FakeGenerator
from tests.toys.inspecting import (
    answer,
    asked,
    finding,
    inspecting,
    is_view,
    open_inspect,
    screen,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.toys.app_lab import Lab, OpenLab


def is_unit(generator: FakeGenerator, unit: str) -> Callable[[], bool]:
    return lambda: bool(generator.questions) and asked(generator).unit == unit


async def test_the_chosen_run_is_inspected_at_once_and_the_arrows_choose_a_view(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    lab.add("vanishing-rnn")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_inspect(pilot, app)
        await until(pilot, lambda: generator.questions)
        question = asked(generator)
        assert (question.view, question.checkpoint) == ("gradients", "last")
        assert question.run == str(lab.store.open("alpha").paths.root.resolve())
        for view in view_names()[1:]:
            await pilot.press("right")
            if view != "difference":
                await until(pilot, is_view(generator, view))
        await pilot.press("right")
        await until(pilot, lambda: asked(generator).view == view_names()[0])
        await pilot.press("left")
        await until(pilot, lambda: asked(generator).view == view_names()[-1])


async def test_findings_or_errors_are_shown_without_control_characters(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with inspecting(lab, app, generator, height=60) as pilot:
        answer(generator, finding())
        await until(pilot, lambda: "It fades." in shown(app))
        await until(pilot, lambda: "norms" in shown(app))
        await until(pilot, lambda: "curve" in shown(app))
        assert "[bold]␛[31m" in shown(app)
        num = generator.latest
        screen(app).choose("gates")
        await until(pilot, lambda: generator.latest > num)
        generator.say(Failed(generator.latest, "the text has 3 letters [b]"))
        generator.say(Ended(generator.latest, was_cancelled=False, elapsed_s=0.0))
        await until(pilot, lambda: "the text has 3 letters [b]" in shown(app))
        screen(app).choose("difference")
        await until(pilot, lambda: "press V to choose the other" in shown(app))


async def test_characters_of_a_text_are_not_keys_and_escape_leaves_its_field_then_the_screen(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_inspect(pilot, app)
        screen(app).choose("gates")
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"bcrq 1")
        await pilot.press("enter")
        await until(pilot, lambda: generator.questions and asked(generator).text == "bcrq 1")
        assert asked(generator).view == "gates"
        assert isinstance(app.focused, Input), "the focus stays in the text"
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is screen(app).page)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.page, InspectScreen))


async def test_units_are_paged_through_in_the_order_of_their_rank(
    lab: Lab, app: LabApp, generator: FakeGenerator, said: list[str]
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_inspect(pilot, app)
        await pilot.press("full_stop")
        await until(pilot, lambda: said)
        screen(app).choose("neurons")
        await until(pilot, is_view(generator, "neurons"))
        answer(generator, finding(units=("l0.5", "l0.2", "l0.9")))
        await until(pilot, lambda: screen(app).units)
        for key, unit in ((".", "l0.2"), (".", "l0.9"), (".", "l0.5"), (",", "l0.9")):
            await pilot.press(key)
            await until(pilot, is_unit(generator, unit))


async def test_a_training_run_is_inspected_again_at_intervals(lab: Lab, open_lab: OpenLab) -> None:
    app = open_lab(outside=replace(WORLD, inspect_every_s=0.0))
    generator = FakeGenerator.latest_made
    run = lab.add("alpha", "running", steps=40)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_inspect(pilot, app)
        await until(pilot, lambda: generator.questions)
        answer(generator, finding(says="at first"))
        await until(pilot, lambda: "at first" in shown(app))
        num = generator.latest
        lab.say(run, state="running", step=80)
        await until(pilot, lambda: generator.latest > num)
        assert asked(generator).view == "gradients"
        answer(generator, finding(says="and then"))
        await until(pilot, lambda: "and then" in shown(app))


async def test_every_view_is_named_in_the_row_and_chosen_by_a_click(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    width = len(" ".join(view_names())) + 1
    async with app.run_test(size=(width, 24)) as pilot:
        await open_inspect(pilot, app)
        tabs = screen(app).tabs
        narrow = tabs.size.width
        for view in ("memory", "time"):
            row = str(tabs.render())
            assert all(name in row.split() for name in view_names())
            await pilot.click(tabs, offset=(row.index(view) + 1, 0))
            await until(pilot, is_view(generator, view))
            await pilot.resize_terminal(2 * width, 24)
            await until(pilot, lambda: tabs.size.width > narrow)


async def test_a_stale_reply_of_another_view_is_not_shown(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with inspecting(lab, app, generator) as pilot:
        screen(app).choose("difference")
        await until(pilot, lambda: "a difference needs two models" in shown(app))
        late = Inspected(1, [replace(finding(), view="gradients").to_json()])
        for reply in (late, Failed(1, "no such unit")):
            await screen(app).on_reply(reply)
            assert "a difference needs two models" in shown(app)


async def test_the_status_names_the_step_of_the_chosen_run_only(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("beta")
    async with inspecting(lab, app, generator) as pilot:
        answer(generator, finding())
        line = screen(app).query_one("#inspect-status", Static)
        await until(pilot, lambda: "step 40" in str(line.render()))
        screen(app).choose("difference")
        await until(pilot, lambda: "press V to choose the other" in shown(app))
        app.state.chosen_name = "beta"
        screen(app).show_state()
        assert str(line.render()) == "beta (finished), checkpoint last: not inspected yet"


async def test_a_chart_of_the_findings_has_the_keys_of_every_chart(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with inspecting(lab, app, generator, height=60) as pilot:
        answer(generator, finding())
        await until(pilot, lambda: "curve" in shown(app))
        view = screen(app).tabs.chosen
        await pilot.press("tab")
        await until(pilot, lambda: screen(app).has_focus_in("charted"))
        await until(pilot, lambda: "← → cursor" in str(screen(app).page.border_subtitle))
        await pilot.press("left", "left")
        await until(pilot, lambda: "at step 1" in shown(app))
        assert "c 0.5" in shown(app)
        assert screen(app).tabs.chosen == view, "the arrows move the cursor"
        await pilot.press("plus", "y")
        await until(pilot, lambda: "log scale" in shown(app) and "smoothed 0.5" in shown(app))
        await pilot.press("up")
        await until(pilot, lambda: screen(app).page.viewport.window.mode == "frozen")
        answer(generator, finding(says="and again"))
        await until(pilot, lambda: "and again" in shown(app))
        assert screen(app).has_focus_in("charted"), "a refresh keeps focus and cursor"
        assert "at step 1" in shown(app)
        await pilot.press("escape", "escape")
        assert app.focused is screen(app).page
        assert screen(app).page.border_subtitle == "tab: to the charts"
        await pilot.press("right")
        await until(pilot, lambda: screen(app).tabs.chosen != view)


async def test_without_a_run_nothing_is_asked_and_the_end_of_the_generator_is_shown(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with inspecting(lab, app, generator) as pilot:
        num = generator.latest
        shutil.rmtree(lab.store.open("alpha").paths.root)
        await until(pilot, lambda: "no run is chosen" in shown(app))
        await pilot.press("R", "w")
        assert generator.latest == num
        screen(app).fail("the generator ended: out of memory")
        assert shown(app) == "the generator ended: out of memory"
