from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from rnnlab import start
from rnnlab.config import RunConfig
from rnnlab.plots import loss
from rnnlab.runs.store import Run, RunStore
from rnnlab.runs.summary import RunSummary, summarise
from rnnlab.tui.app import LabApp
from rnnlab.tui.screens._new_run import NewRunScreen
from rnnlab.tui.screens.lab import LabScreen
from tests.tui.conftest import until

if TYPE_CHECKING:
    from tests.tui.conftest import Lab


async def open_form(pilot: Pilot[None], app: LabApp) -> None:
    await pilot.press("n")
    await until(pilot, lambda: isinstance(app.screen, NewRunScreen))


def write(app: LabApp, **settings: str) -> None:
    for name, value in settings.items():
        app.screen.query_one(f"#field-{name}", Input).value = value


def problem(app: LabApp) -> str:
    return str(app.screen.query_one("#problem", Static).render())


def is_said(app: LabApp, says: str) -> bool:
    return says in problem(app)


def help_beside(app: LabApp, name: str) -> str:
    field = app.screen.query_one(f"#field-{name}", Input).parent
    assert field is not None
    return str(field.query_one(".help", Static).render())


async def show_more(pilot: Pilot[None], app: LabApp) -> None:
    app.screen.query_one("#more", Button).press()
    await until(pilot, lambda: app.screen.query("#field-keep"))


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "mer.txt"
    file.write_text("La mer monte. Le vent tombe. Il fait nuit.\n" * 50, encoding="utf-8")
    return file


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[RunConfig]:
    """Note the runs that are started instead of starting their workers."""
    configs: list[RunConfig] = []

    def create_only(
        config: RunConfig,
        store: RunStore,
        name: str | None = None,
        *,
        is_queued: bool = False,
        published: Mapping[str, float],
    ) -> Run:
        configs.append(config)
        assert not (is_queued and name != "waits")
        return store.create(name or start.default_name(config), config.to_toml())

    monkeypatch.setattr(start, "start_run", create_only)
    return configs


async def test_every_setting_has_a_field_with_its_help(app: LabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        await show_more(pilot, app)
        for name, field in RunConfig.model_fields.items():
            assert str(field.description) in help_beside(app, name)


async def test_a_run_is_started_from_the_form(
    app: LabApp, lab: Lab, started: list[RunConfig]
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        write(app, corpus="stump", cell="gru", hidden="32", name="mine")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        await until(pilot, lambda: app.desk.chosen_name == "mine")
    assert [(c.cell, c.hidden, c.task) for c in started] == [("gru", 32, "sentences")]


async def test_what_is_wrong_is_said_beside_the_field(app: LabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        for name, value, says in (
            ("hidden", "-3", "greater than or equal to 1"),
            ("hidden", "many", "valid integer"),
            ("cell", "lstn", "did you mean 'lstm'?"),
            ("schedule", "linear", "'one-cycle' or 'plateau'"),
            ("dropout", "1", "less than 1"),
        ):
            await check_field(pilot, app, name, value, says)


async def check_field(pilot: Pilot[None], app: LabApp, name: str, value: str, says: str) -> None:
    """Write a bad value and see it said; empty the field and see its help again."""
    write(app, **{name: value})
    await until(pilot, lambda: says in help_beside(app, name))
    write(app, **{name: ""})
    description = str(RunConfig.model_fields[name].description)
    await until(pilot, lambda: description in help_beside(app, name))


async def test_the_form_stays_when_a_run_cannot_start(
    app: LabApp, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(run: Run, **_: object) -> int:
        raise AssertionError("no worker may start")

    monkeypatch.setattr(start, "launch", never)
    lab.add("taken")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        for settings, says in (
            ({}, "which text?"),
            ({"corpus": "no/such/file"}, "no corpus and no file"),
            ({"corpus": "stump", "hidden": "0"}, "hidden = '0'"),
            ({"hidden": "", "name": "../x"}, "cannot be a run's name"),
            ({"name": "taken"}, "is there already"),
        ):
            write(app, **settings)
            await pilot.press("enter")
            await until(pilot, partial(is_said, app, says))
            assert isinstance(app.screen, NewRunScreen)
    assert [run.name for run in lab.store] == ["taken"]


async def test_the_command_line_that_does_the_same_is_shown(app: LabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        await show_more(pilot, app)
        write(app, corpus="my text.txt", limit_chars="1000")
        line = app.screen.query_one("#command", Static)
        expected = "$ rnnlab train 'my text.txt' --limit-chars 1000"
        await until(pilot, lambda: str(line.render()) == expected)


async def test_escape_leaves_the_form(app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_the_form_shows_a_field_its_help_and_the_buttons(
    app: LabApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await open_form(pilot, app)
        await until(pilot, lambda: "Corpus:" in problem(app))
        for name in ("#field-corpus", "#start", "#command"):
            widget = app.screen.query_one(name)
            assert widget.region.width >= 10
            assert app.screen.region.contains_region(widget.region)


def test_the_feed_reads_an_ended_run_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from rnnlab.tui import feed as feed_module
    from rnnlab.tui.feed import Feed

    lab.add("done")
    lab.add("busy", "running")
    read: list[str] = []

    def counted(run: Run) -> RunSummary:
        read.append(run.name)
        return summarise(run)

    monkeypatch.setattr(feed_module, "summarise", counted)
    feed = Feed(lab.store)
    for _ in range(3):
        feed.read([])
    assert read == ["busy", "done", "busy", "busy"]


def test_the_feed_gives_a_journal_once_and_whole_when_watched_anew(lab: Lab) -> None:
    from rnnlab.tui.feed import Feed

    run = lab.add("alpha", steps=5)
    feed = Feed(lab.store)
    assert feed.read([]).news == {}
    assert len(feed.read(["alpha"]).news["alpha"].records) == 7
    assert feed.read(["alpha"]).news["alpha"].records == []
    lab.write(run, range(6, 8))
    assert len(feed.read(["alpha"]).news["alpha"].records) == 4
    feed.read([])
    assert len(feed.read(["alpha"]).news["alpha"].records) == 11


async def test_a_run_is_put_into_the_queue(app: LabApp, started: list[RunConfig]) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        write(app, corpus="stump", name="waits")
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
    assert len(started) == 1


async def test_a_recipe_fills_in_the_fields_and_says_what_it_lacks(app: LabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        write(app, recipe="lstm-moliere")
        await until(pilot, lambda: app.screen.query("#field-weight_decay"))
        await until(
            pilot, lambda: app.screen.query_one("#field-weight_decay", Input).value == "0.01"
        )
        assert app.screen.query_one("#field-limit_chars", Input).value == "100000"
        assert app.screen.query_one("#field-cell", Input).value == "lstm"
        await until(pilot, lambda: is_said(app, "moliere"))


async def test_a_run_of_a_recipe_shows_what_was_published(
    app: LabApp, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "launch", lambda *_, **__: None)
    async with app.run_test(size=(120, 40)) as pilot:
        form = NewRunScreen(app.desk.store, None, [])
        form._start({"corpus": str(text), "recipe": "lstm-moliere"}, is_queued=False)
        (name,) = (run.name for run in app.desk.store)
        await until(pilot, lambda: name in app.desk.summaries)
        assert app.desk.summaries[name].published == {"train": 1.1036, "val": 1.5117}
        levels = loss.chart(app.desk.named_histories((name,))).levels
        assert [(level.name, level.value) for level in levels] == [
            ("published train", 1.1036),
            ("published val", 1.5117),
        ]


async def test_what_a_run_would_cost_is_measured_once_the_writing_pauses(
    app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnnlab.tui.estimator import Estimate, Estimator
    from rnnlab.tui.screens import _new_run

    asked: list[dict[str, str]] = []

    async def ask(_self: Estimator, values: dict[str, str]) -> Estimate:
        asked.append(values)
        return Estimate("[b]42.2k parameters")

    monkeypatch.setattr(Estimator, "ask", ask)
    monkeypatch.setattr(_new_run, "_ESTIMATE_AFTER_S", 0.05)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        write(app, corpus="stump", hidden="64", name="mine")
        line = app.screen.query_one("#estimate", Static)
        await until(pilot, lambda: "[b]42.2k parameters" in str(line.render()))
        assert asked[-1] == {"corpus": "stump", "hidden": "64"}
        write(app, hidden="many")
        num_asked = len(asked)
        await pilot.pause(0.2)
        assert len(asked) == num_asked


async def test_the_command_line_is_copied(app: LabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        write(app, corpus="a text.txt", hidden="64", recipe="x")
        app.screen.query_one("#copy", Button).press()
        await until(pilot, lambda: app.clipboard)
        assert app.clipboard == "rnnlab train 'a text.txt' --hidden 64"
