"""The inspect screen: its questions, the findings, its keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, Static

from rnnlab.base.errors import UnknownNameError
from rnnlab.plots import Chart, Curve, Finding, HeatMap, ShadedText
from rnnlab.protocol.messages import Ended, Failed, Inspect, Inspected
from rnnlab.runs.store import Run, RunStore
from rnnlab.tui.app import LabApp
from rnnlab.tui.inspect.views import view_names
from rnnlab.tui.screens.inspect import InspectScreen
from rnnlab.tui.state.lab_state import LabState
from tests.toys.app_lab import WORLD, home, until
from tests.toys.fake_generator import FakeGenerator

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from tests.toys.app_lab import Lab, OpenLab


def screen(app: LabApp) -> InspectScreen:
    assert isinstance(app.page, InspectScreen)
    return app.page


async def open_inspect(pilot: Pilot[None], app: LabApp, run: str = "alpha") -> None:
    """Choose a run on the home screen and inspect it."""
    await until(pilot, lambda: home(app).table.row_count == len(app.state.summaries) > 0)
    for _ in app.state.summaries:
        if app.state.chosen_name == run:
            break
        await pilot.press("down")
        await pilot.pause()
    await pilot.press("f7")
    await until(pilot, lambda: isinstance(app.page, InspectScreen))


def asked(generator: FakeGenerator) -> Inspect:
    """Return the newest question."""
    question = generator.questions[-1]
    assert isinstance(question, Inspect)
    return question


def answer(generator: FakeGenerator, *findings: Finding) -> None:
    """Answer the newest question."""
    view = asked(generator).view
    found = [replace(finding, view=view).to_json() for finding in findings]
    generator.say(Inspected(generator.latest, found))
    generator.say(Ended(generator.latest, was_cancelled=False, elapsed_s=0.1))


def finding(run: str = "alpha", says: str = "It fades.", units: tuple[str, ...] = ()) -> Finding:
    return Finding(
        "neurons",
        run,
        40,
        (says,),
        (
            HeatMap("norms", ("l0", "l1"), ("1", "2"), ((0.1, 0.2), (0.3, None))),
            Chart("curve", "step", "", (Curve("c", (0.0, 1.0, 2.0), (1.0, 0.5, 0.2), 0),)),
            ShadedText("unit", ("[bold]", "\x1b[31m"), (1.0, -1.0)),
        ),
        units=units,
    )


def shown(app: LabApp) -> str:
    """Return the text of the page."""
    return screen(app).page.text


def is_unit(generator: FakeGenerator, unit: str) -> Callable[[], bool]:
    return lambda: bool(generator.questions) and asked(generator).unit == unit


def is_view(generator: FakeGenerator, view: str) -> Callable[[], bool]:
    return lambda: bool(generator.questions) and asked(generator).view == view


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
    lab.add("alpha")
    async with app.run_test(size=(120, 60)) as pilot:
        await open_inspect(pilot, app)
        await until(pilot, lambda: generator.questions)
        answer(generator, finding())
        await until(pilot, lambda: "It fades." in shown(app))
        page = shown(app)
        assert "norms" in page
        assert "curve" in page
        assert "[bold]␛[31m" in page
        num = generator.latest
        screen(app).choose("gates")
        await until(pilot, lambda: generator.latest > num)
        generator.say(Failed(generator.latest, "the text has 3 letters [b]"))
        generator.say(Ended(generator.latest, was_cancelled=False, elapsed_s=0.0))
        await until(pilot, lambda: "the text has 3 letters [b]" in shown(app))
        screen(app).choose("difference")
        await until(pilot, lambda: "press V to choose the other" in shown(app))


async def test_two_models_stand_side_by_side_where_there_is_room(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(160, 60)) as pilot:
        await open_inspect(pilot, app)
        await pilot.press("V")
        beta = str(lab.store.open("beta").paths.root.resolve())
        await until(pilot, lambda: generator.questions and asked(generator).other == beta)
        answer(generator, finding(says="first one"), finding("beta", says="second one"))
        await until(pilot, lambda: "first one" in shown(app))
        row = next(line for line in shown(app).split("\n") if "first one" in line)
        assert "second one" in row
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "second one" in shown(app))
        lines = [line.strip() for line in shown(app).split("\n")]
        for run, says in (("alpha", "first one"), ("beta", "second one")):
            assert lines[lines.index(says) - 1] == f"{run} at step 40", "each is named"
        await pilot.press("V")
        await until(pilot, lambda: asked(generator).other is None)


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


async def test_the_vanishing_view_has_all_its_runs_and_is_refreshed(
    lab: Lab, open_lab: OpenLab
) -> None:
    app = open_lab(outside=replace(WORLD, inspect_every_s=0.0))
    generator = FakeGenerator.latest_made
    for name in ("alpha", "vanishing-lstm"):
        lab.add(name)
    run = lab.add("vanishing-lstm-x4", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_inspect(pilot, app)
        screen(app).choose("vanishing")
        await until(pilot, is_view(generator, "vanishing"))
        names = [path.rpartition("/")[2] for path in asked(generator).members]
        assert names == ["vanishing-lstm", "vanishing-lstm-x4"]
        status = str(screen(app).query_one("#inspect-status", Static).content)
        assert "vanishing lab: 2 runs (1 finished, 1 running)" in status
        answer(generator, finding())
        num = generator.latest
        lab.say(run, state="running", step=80)
        await until(pilot, lambda: generator.latest > num)
        assert asked(generator).view == "vanishing"


async def test_the_runs_of_the_lab_are_queued_with_a_key_in_the_lab_s_own_folder(
    lab: Lab, open_lab: OpenLab, said: list[str]
) -> None:
    lab.add("alpha")
    launched: list[tuple[str, bool]] = []

    def launch(run: Run, *, is_queued: bool = False) -> None:
        launched.append((run.name, is_queued))

    app = open_lab(outside=replace(WORLD, launch=launch))
    generator = FakeGenerator.latest_made
    async with app.run_test(size=(120, 40)) as pilot:
        await open_inspect(pilot, app)
        screen(app).choose("vanishing")
        await until(pilot, lambda: "lab has no runs yet; press T" in shown(app))
        assert generator.questions[-1].view != "vanishing", "there is nothing to be asked"  # type: ignore[union-attr]
        await pilot.press("T", "enter")
        await until(pilot, lambda: app.screen is screen(app))
        assert not launched, "it asks first, and enter leaves things as they are"
        await pilot.press("T", "right", "enter")
        await until(pilot, lambda: any("12 runs are queued" in one for one in said))
        assert len(launched) == 12
        assert all(is_queued for _, is_queued in launched)
        await until(pilot, lambda: "vanishing-lstm-x8" in app.state.summaries)
        await until(pilot, is_view(generator, "vanishing"))
        assert len(asked(generator).members) == 12


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


async def test_an_older_checkpoint_of_the_run_can_stand_beside_it(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    run = lab.add("alpha")
    for step in (10, 20, 40):
        run.paths.weights(step).touch()
    async with app.run_test(size=(120, 40)) as pilot:
        await open_inspect(pilot, app)
        for checkpoint in ("20", "10", None):
            await pilot.press("V")
            wanted = (None, "last") if checkpoint is None else (str(run.paths.root), checkpoint)
            await until(pilot, is_beside(generator, wanted))


def is_beside(generator: FakeGenerator, wanted: tuple[str | None, str]) -> Callable[[], bool]:
    def is_so() -> bool:
        if not generator.questions:
            return False
        question = asked(generator)
        return (question.other, question.other_checkpoint) == wanted

    return is_so


async def test_a_removed_run_is_reported_and_not_compared(
    lab: Lab,
    app: LabApp,
    generator: FakeGenerator,
    monkeypatch: pytest.MonkeyPatch,
    said: list[str],
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_inspect(pilot, app)
        await pilot.press("V")
        await until(pilot, lambda: generator.questions and asked(generator).other is not None)
        num = generator.latest
        monkeypatch.setattr(RunStore, "open", gone)
        screen(app).ask()
        assert screen(app).other is None
        await until(pilot, lambda: any("unknown run 'beta'" in one for one in said))
        state = LabState(lab.store)  # it has opened no run before
        state.chosen_name = "alpha"
        assert InspectScreen(state).kept_steps() == []
        for key in ("f3", "f4", "f6", "f8", "f2"):
            await pilot.press(key)
            await pilot.pause()
            app.page.show_state()
        assert generator.latest == num, "and neither is the chosen one asked, which is gone, too"


def gone(_store: RunStore, name: str) -> Run:
    raise UnknownNameError("run", name, [])


async def test_a_stale_reply_of_another_view_is_not_shown(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_inspect(pilot, app)
        await until(pilot, lambda: generator.questions)
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
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_inspect(pilot, app)
        await until(pilot, lambda: generator.questions)
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
    lab.add("alpha")
    async with app.run_test(size=(120, 60)) as pilot:
        await open_inspect(pilot, app)
        await until(pilot, lambda: generator.questions)
        answer(generator, finding())
        await until(pilot, lambda: "curve" in shown(app))
        view = screen(app).tabs.chosen
        await pilot.press("tab")
        await until(pilot, lambda: screen(app).has_focus_in("charted"))
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
        await pilot.press("right")
        await until(pilot, lambda: screen(app).tabs.chosen != view)
