"""Keys that control the chosen run, and closing the lab while runs train."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from textual.command import CommandPalette
from textual.widgets import Input, OptionList

from rnnlab.base.errors import RnnlabError
from rnnlab.runs import control
from rnnlab.runs.mailbox import Command, collect
from rnnlab.runs.pending import read_pending
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.tui.runs.change_dialog import change_runs
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from rnnlab.tui.shell.dialogs.form import FormScreen
from tests.toys.app_lab import WORLD, mailed, painted, row_text, table, toasts, until
from tests.toys.painted_at_rest import shows

if TYPE_CHECKING:
    from pathlib import Path

    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab, OpenLab


async def test_a_key_sends_its_command_to_the_worker_of_the_chosen_run(
    lab: Lab, app: LabApp
) -> None:
    runs = {"active": lab.add("active", "running"), "idle": lab.add("idle", "paused")}
    presses = [
        ("p", "active", "pause"),
        ("m", "active", "checkpoint"),
        ("p", "idle", "resume"),
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
        table(app).choose("active")
        await until(pilot, lambda: app.state.chosen_name == "active")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        assert mailed(runs["active"]) == [], "a run that trains is not stopped by one key"
        await pilot.press("y")
        await until(pilot, lambda: mailed(runs["active"]) == ["stop"])


async def test_a_folder_that_cannot_be_written_is_one_line_for_each_action(
    lab: Lab, app: LabApp
) -> None:
    """A file in the place of a folder, and the reverse: permissions do not bind every user."""
    run = lab.add("alpha", "stopped")
    (lab.store.root / ".bin").touch()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count == 1)
        await pilot.press("delete")
        await until(pilot, lambda: "cannot move" in "".join(toasts(app)))
        run.paths.lock.unlink(missing_ok=True)
        run.paths.lock.mkdir()
        await pilot.press("delete")
        await until(pilot, lambda: "is a folder, not a file" in "".join(toasts(app)))
        await pilot.press("u")
        await until(pilot, lambda: "the bin is empty" in "".join(toasts(app)))
    assert run.status().state == "stopped"


async def test_a_run_that_does_not_respond_is_killed_only_after_a_confirmation(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[str] = []

    def kill(run: Run) -> str:
        killed.append(run.name)
        return f"{run.name} is killed"

    monkeypatch.setattr(control, "kill", kill)
    active = lab.add("active", "running", heartbeat=time.time())
    lab.add("quiet", "running", heartbeat=time.time() - 31)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        assert "silent" in row_text(app, "quiet")
        table(app).choose("quiet")
        await until(pilot, shows(app, "quiet in trouble: its worker does not respond"))
        await pilot.press("s")
        await until(pilot, shows(app, "Kill quiet? Not responding, so killed: quiet."))
        await pilot.press("y")
        await until(pilot, lambda: killed == ["quiet"])
        assert mailed(active) == []


async def test_a_run_in_training_is_stopped_only_after_a_confirmation(
    lab: Lab, app: LabApp
) -> None:
    active, idle = lab.add("active", "running"), lab.add("idle", "paused")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        table(app).choose("active")
        await until(pilot, lambda: app.state.chosen_name == "active")
        for answer in ("enter", "escape"):  # the default keeps it in training
            await pilot.press("s")
            await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
            await pilot.press(answer)
            await until(pilot, lambda: app.screen is app.page)
        assert mailed(active) == []
        await pilot.press("s", "y")
        await until(pilot, lambda: mailed(active) == ["stop"])
        table(app).choose("idle")
        await until(pilot, lambda: app.state.chosen_name == "idle")
        await pilot.press("s")
        await until(pilot, lambda: mailed(idle) == ["stop"])


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


async def test_the_rate_and_the_end_of_a_training_run_are_changed_by_a_key(
    lab: Lab, open_lab: OpenLab
) -> None:
    """SCREEN.md, 7: change lr, clip, the end and patience while a run trains."""
    run = lab.add("active", "running")
    app = open_lab()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        lab.say(run, state="running", step=41)
        await until(pilot, shows(app, "running at step 41"))
        app.screen.query_one("#blank-lr", Input).value = "0.001"
        app.screen.query_one("#blank-epochs", Input).value = "20"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        await until(pilot, run.paths.mailbox.exists)
        await until(pilot, lambda: any("lr 0.002 -> 0.001" in text for text in toasts(app)))
    changes = {"lr": 0.001, "epochs": 20.0}
    assert collect(run.paths.mailbox) == [Command("set", values=changes)]


async def test_a_finished_run_asks_for_how_long_and_continues(lab: Lab, open_lab: OpenLab) -> None:
    """SCREEN.md, 7: extend a finished run, its optimiser kept; other runs resume at once."""
    launched: list[str] = []

    def launch(run: Run, *, is_queued: bool = False) -> None:
        launched.append(run.name)

    run = lab.add("done", steps=40, epoch=10.0)
    run.paths.pointer("last").write_text("40\n")
    run.paths.training_state(40).touch()
    lab.add("halted", "stopped")
    app = open_lab(outside=replace(WORLD, launch=launch))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        for name in ("halted", "done"):
            table(app).choose(name)
            await until(pilot, lambda name=name: app.state.chosen_name == name)  # type: ignore[misc]
            await pilot.press("r")
            if name == "halted":
                await until(pilot, lambda: launched)
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        assert app.screen.query_one("#blank-epochs", Input).value == "20"
        await pilot.press("enter")
        await until(pilot, lambda: launched == ["halted", "done"])
    assert read_pending(run.paths) == {"epochs": 20.0}


async def test_several_runs_are_changed_with_one_dialog(lab: Lab, app: LabApp) -> None:
    runs = [lab.add("a", "running"), lab.add("b", "paused")]
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        app.page.run_worker(change_runs(app.page, ["a", "b"]))
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        app.screen.query_one("#blank-clip", Input).value = "0.25"
        await pilot.press("enter")
        for run in runs:
            await until(pilot, lambda run=run: mailed(run) == ["set"])  # type: ignore[misc]


async def test_the_details_of_a_starting_run_show_what_its_worker_does(
    lab: Lab, app: LabApp
) -> None:
    """SCREEN.md, 13: starting a run shows the stage."""
    lab.add("new", "starting", steps=1, stage="loading torch")
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: "starting: loading torch" in painted(app, "details"))
