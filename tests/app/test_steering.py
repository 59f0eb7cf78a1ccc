"""Keys that control the chosen run, and closing the lab while runs train."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.command import CommandPalette
from textual.widgets import OptionList

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.store import Run, RunStore
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from tests.toys.app_lab import WORLD, mailed, row_text, table, toasts, until

if TYPE_CHECKING:
    from pathlib import Path

    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab, OpenLab


async def test_a_key_sends_its_command_to_the_worker_of_the_chosen_run(
    lab: Lab, app: LabApp
) -> None:
    runs = {"active": lab.add("active", "running"), "idle": lab.add("idle", "paused")}
    presses = [
        ("w", "active", "pause"),
        ("s", "active", "stop"),
        ("m", "active", "checkpoint"),
        ("w", "idle", "resume"),
        ("r", "idle", "resume"),
    ]
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        for key, name, action in presses:
            table(app).choose(name)
            await until(pilot, lambda name=name: app.state.chosen_name == name)  # type: ignore[misc]
            await pilot.press(key)
            await until(
                pilot,
                lambda run=runs[name], action=action: mailed(run) == [action],  # type: ignore[misc]
            )


async def test_a_refused_command_and_a_full_disk_are_shown_as_errors(
    lab: Lab, open_lab: OpenLab
) -> None:
    def no_space(_run: Run, *, is_queued: bool = False) -> None:
        raise RnnlabError("cannot start a worker: No space left on device")

    lab.add("done")
    lab.add("alpha", "stopped")
    app = open_lab(outside=replace(WORLD, launch=no_space))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        table(app).choose("alpha")
        await until(pilot, lambda: app.state.chosen_name == "alpha")
        await pilot.press("r")
        await until(pilot, lambda: any("No space left" in text for text in toasts(app)))
        table(app).choose("done")
        await until(pilot, lambda: app.state.chosen_name == "done")
        app.page.action_do("stop")  # as from the palette: its key has no effect here
        await until(pilot, lambda: any("finished" in text for text in toasts(app)))


async def test_a_shipped_run_is_marked_and_cannot_be_deleted(
    tmp_path: Path, open_lab: OpenLab
) -> None:
    shipped = RunStore(tmp_path / "elsewhere").create("starter", 'corpus = "stump"\n')
    app = open_lab(RunStore(tmp_path / "own", [shipped.paths.root]))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count)
        assert "starter shipped" in row_text(app, "starter")
        await pilot.press("delete")
        await until(
            pilot,
            lambda: any("shipped with rnnlab and cannot be deleted" in t for t in toasts(app)),
        )
        assert isinstance(app.screen, LabScreen), "nothing is asked"
    assert shipped.paths.config.exists()


async def test_the_palette_runs_an_action(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"Save")
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count)
        await pilot.press("enter")
        await until(pilot, lambda: mailed(run) == ["checkpoint"])


async def test_the_lab_asks_before_it_quits_only_while_a_run_trains(
    lab: Lab, open_lab: OpenLab
) -> None:
    lab.add("done")
    app = open_lab()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    run = lab.add("alpha", "running")
    app = open_lab()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count and "●" in row_text(app, "alpha"))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    assert mailed(run) == [], "the run trains on"
