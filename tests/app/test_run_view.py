"""The run view, and what keeps the folder of runs in order: name, note, tags, bin, another run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from rnnlab.base.files import replace_text
from rnnlab.runs.bin import Bin
from rnnlab.runs.journal import Journal
from rnnlab.runs.notes import read_notes
from rnnlab.runs.origin import Origin, write_origin
from rnnlab.runs.records import EventRecord, State
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from rnnlab.tui.run_view.facts_pane import FactsPane
from rnnlab.tui.runs import keeping
from rnnlab.tui.screens.new_run import NewRunScreen
from rnnlab.tui.screens.run import RunScreen
from rnnlab.tui.shell.dialogs.form import FormScreen
from tests.toys.app_lab import Lab, OpenLab, home, mailed, table, text_of, toasts, until


def pane(app: LabApp, name: str) -> str:
    return app.page.query_one(f"#run-{name}", FactsPane).text


async def open_run(pilot: Pilot[None], app: LabApp, run: str) -> None:
    await until(pilot, lambda: table(app).row_count)
    table(app).choose(run)
    await until(pilot, lambda: app.state.chosen_name == run)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.page, RunScreen))
    await until(pilot, lambda: "corpus" in pane(app, "settings"))


async def test_see_what_a_run_is_made_of(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running", total_steps=400)
    write_origin(run.paths, Origin({"corpus": "command line", "seed": "environment"}))
    run.paths.weights(40).write_bytes(b"weights")
    replace_text(run.paths.pointer("last"), "40\n")
    sizes = ((80, 24), (120, 40), (200, 50))
    async with app.run_test(size=sizes[0]) as pilot:
        await open_run(pilot, app, "alpha")
        settings = pane(app, "settings")
        assert settings.index("command line") < settings.index("environment")
        assert settings.index("environment") < settings.index("default")
        assert "rnnlab train stump --name alpha" in pane(app, "facts")
        await until(pilot, lambda: "2.5000 last" in pane(app, "checkpoints"))
        await until(pilot, lambda: "finished" in pane(app, "events"))
        assert "10%" in text_of(app, "#run-heading")
        for size in sizes:
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: app.page.size == size)  # type: ignore[misc]
            for one in app.page.query(FactsPane):
                assert one.size.width > 30, size
                assert one.size.height > 1, (size, one.id)


async def test_watch_a_run_live_while_it_trains(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running", total_steps=400)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_run(pilot, app, "alpha")
        run.paths.log.write_text("a warning [b]\x1b\n")
        await until(pilot, lambda: pane(app, "log") == "a warning [b]␛")
        with Journal(run.paths.journal) as journal:
            journal.append(EventRecord(80, "checkpoint"))
        lab.say(run, state="running", step=80, total_steps=400)
        await until(pilot, lambda: "20%" in text_of(app, "#run-heading"))
        await until(pilot, lambda: "checkpoint" in pane(app, "events"))
        await pilot.press("m")
        await until(pilot, lambda: mailed(run) == ["checkpoint"])


async def test_a_hidden_run_view_does_nothing(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_run(pilot, app, "alpha")
        page = app.page
        await pilot.press("escape")
        await until(pilot, lambda: app.page is not page)
        shown: list[object] = []
        monkeypatch.setattr(FactsPane, "show", lambda _pane, text: shown.append(text))
        run.paths.log.write_text("a line\n")
        lab.say(run, state="running", step=80)
        await until(pilot, lambda: home(app).state.summaries["alpha"].step == 80)
        assert shown == []


async def test_copy_the_command_or_the_settings(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_run(pilot, app, "alpha")
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard.startswith('corpus = "stump"\n'))
        await pilot.press("tab", "c")
        await until(pilot, lambda: app.clipboard == "rnnlab train stump --name alpha")
        await pilot.press("tab", "tab", "c")
        await until(pilot, lambda: "finished" in app.clipboard)


async def test_go_on_to_the_next_run(lab: Lab, app: LabApp) -> None:
    for name in ("alpha", "beta"):
        lab.add(name)
    async with app.run_test(size=(50, 15)) as pilot:
        await open_run(pilot, app, "alpha")
        settings, facts = (app.page.query_one(f"#run-{name}") for name in ("settings", "facts"))
        assert (settings.region.width, facts.region.width) == (50, 0), "one pane has room"
        assert str(settings.border_title) == "Settings  2 to 5: the other panes"
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "--name beta" in pane(app, "facts"))
        await pilot.press("2")
        await until(pilot, lambda: facts.region.width == 50)


async def test_start_a_new_run_from_this_one(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha")
    text = run.paths.config.read_text(encoding="utf-8")
    replace_text(run.paths.config, text.replace("hidden = 128", "hidden = 24"))
    async with app.run_test(size=(120, 40)) as pilot:
        await open_run(pilot, app, "alpha")
        await pilot.press("N")
        await until(pilot, lambda: isinstance(app.page, NewRunScreen))

        def values() -> dict[str, str]:
            fields = app.page.query(Input)
            return {str(field.id): field.value for field in fields if field.value}

        await until(pilot, lambda: values() == {"field-corpus": "stump", "field-hidden": "24"})


async def test_give_a_run_a_name_a_note_and_tags(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        table(app).choose("alpha")
        await until(pilot, lambda: app.state.chosen_name == "alpha")
        app.page.action_do("pin")
        await until(pilot, lambda: app.state.view.pinned == ["alpha"])
        await edit(pilot, app, name="beta", note="for the course", tags="good, baseline")
        await until(pilot, lambda: "already exists" in text_of(app, "#form-problem"))
        await edit(pilot, app, name="gamma")
        await until(pilot, lambda: "gamma" in app.state.summaries)
        await until(pilot, lambda: app.state.chosen_name == "gamma")
        assert app.state.view.pinned == ["gamma"]
        notes = read_notes(lab.store.open("gamma").paths)
        assert (notes.note, notes.tags) == ("for the course", ("baseline", "good"))
        assert toasts(app)[-1] == "alpha is now gamma"
        await until(pilot, lambda: "tags  baseline good" in text_of(app, "#details Static"))
        assert "note  for the course" in text_of(app, "#details Static")
        app.state.view.filter = "baseline"
        assert [summary.name for summary in app.state.in_order()] == ["gamma"]


async def edit(pilot: Pilot[None], app: LabApp, **texts: str) -> None:
    """Fill in the dialog, opened by its key if it is not open, and press enter."""
    if not isinstance(app.screen, FormScreen):
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
    for name, text in texts.items():
        app.screen.query_one(f"#blank-{name}", Input).value = text
    await pilot.press("enter")


async def test_a_run_in_training_keeps_its_name_but_gets_a_note(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await edit(pilot, app, name="beta", note="busy")
        await until(pilot, lambda: "stop it first" in text_of(app, "#form-problem"))
        await edit(pilot, app, name="alpha", tags="a b")
        await until(pilot, lambda: read_notes(run.paths).tags == ("a", "b"))
        assert read_notes(run.paths).note == "busy"


async def test_several_runs_are_tagged_and_deleted_together(lab: Lab, app: LabApp) -> None:
    names = ["alpha", "beta", "busy"]
    runs = [lab.add(name, "running" if name == "busy" else "finished") for name in names]
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count == 3)
        app.page.run_worker(keeping.edit(app.page, names))
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        await edit(pilot, app, add="good")
        await until(pilot, lambda: all(read_notes(r.paths).tags == ("good",) for r in runs))
        app.state.selected = tuple(names)
        await pilot.press("delete", "y")
        await until(pilot, lambda: app.state.summaries.keys() == {"busy"})
        told = "2 in the bin (u brings them back), 1 refused: 'busy' is training; stop it first"
        await until(pilot, lambda: any(told in text for text in toasts(app)))
        await pilot.press("u")
        await until(pilot, lambda: app.state.summaries.keys() == set(names))
        assert Bin(lab.store).entries() == []


def block(run: Run) -> None:
    """Make a run directory that cannot be written, also for root."""
    run.paths.notes.mkdir()
    if not run.is_alive():
        run.paths.lock.unlink(missing_ok=True)
        run.paths.lock.mkdir()
    run.paths.mailbox.write_text("a file in the way")


async def test_under_a_deleted_copy_of_a_shipped_run_the_shipped_one_appears(
    lab: Lab, open_lab: OpenLab, tmp_path: Path
) -> None:
    shipped = Lab(RunStore(tmp_path / "shipped")).add("starter")
    store = RunStore(lab.store.root, [shipped.paths.root])
    shutil.copytree(shipped.paths.root, store.root / "starter")
    config = store.open("starter").paths.config
    text = config.read_text(encoding="utf-8")
    replace_text(config, text.replace("hidden = 128", "hidden = 24"))

    def hidden(app: LabApp) -> list[str]:
        return [line.split()[1] for line in pane(app, "settings").split("\n") if "hidden" in line]

    app = open_lab(store)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_run(pilot, app, "starter")
        await until(pilot, lambda: hidden(app) == ["24"])
        await pilot.press("delete", "y")
        await until(pilot, lambda: hidden(app) == ["128"])
        await pilot.press("u")
        await until(pilot, lambda: hidden(app) == ["24"])


async def test_work_in_a_folder_that_cannot_be_written(lab: Lab, app: LabApp) -> None:
    actions: dict[str, State] = {
        "delete": "finished", "resume": "stopped", "enqueue": "stopped", "checkpoint": "running",
        "sooner": "queued",
    }  # fmt: skip
    runs = {action: lab.add(f"{action}-this", state) for action, state in actions.items()}
    (lab.store.root / ".queue").write_text("a file in the way")
    for run in runs.values():
        block(run)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count == len(runs))
        for action, run in runs.items():
            table(app).choose(run.name)
            await until(pilot, lambda run=run: app.state.chosen_name == run.name)  # type: ignore[misc]
            app.clear_notifications()
            await until(pilot, lambda: not toasts(app))
            app.page.action_do(action)
            await until(pilot, lambda: toasts(app))
            assert len(toasts(app)[-1].splitlines()) == 1, action
            app.clear_notifications()
            await edit(pilot, app, note="a note")
            await until(pilot, lambda: any("cannot write to" in text for text in toasts(app)))
            app.page.action_do("pin")
            await until(pilot, lambda run=run: run.name in app.state.view.pinned)  # type: ignore[misc]
            assert app.is_running
    assert all(run.paths.config.exists() for run in runs.values())
