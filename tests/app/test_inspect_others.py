"""Inspect with other models: two side by side, older checkpoints, the runs of the vanishing lab."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.widgets import Static

from rnnlab.runs.run import Run
from rnnlab.tui.app import LabApp
from rnnlab.tui.screens.inspect import InspectScreen
from rnnlab.tui.state.lab_state import LabState
from tests.toys.app_lab import WORLD, until
from tests.toys.fake_generator import FakeGenerator
from tests.toys.inspecting import (
    answer,
    asked,
    finding,
    is_view,
    open_inspect,
    screen,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.toys.app_lab import Lab, OpenLab


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


async def test_an_older_checkpoint_of_the_run_can_stand_beside_it(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    run = lab.add("alpha")
    for step in (10, 20, 40):
        run.paths.weights(step).touch()
    async with app.run_test(size=(120, 40)) as pilot:
        await open_inspect(pilot, app)
        await until(pilot, lambda: app.state.stored("alpha").steps == (10, 20, 40))
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
    said: list[str],
) -> None:
    lab.add("alpha")
    beta = lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_inspect(pilot, app)
        await pilot.press("V")
        await until(pilot, lambda: generator.questions and asked(generator).other is not None)
        shutil.rmtree(beta.paths.root)
        await until(pilot, lambda: "beta" not in app.state.summaries)
        screen(app).ask()
        assert screen(app).other is None
        await until(pilot, lambda: any("unknown run 'beta'" in one for one in said))
        state = LabState(lab.store)  # it has read no run
        state.chosen_name = "alpha"
        assert InspectScreen(state).kept_steps() == []
