"""The form of a new run: fields, lists, errors, cost, and the run that it starts.

A form has more than sixty fields and takes seconds to open: each test is one story in one form.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from rnnlab.runs.run import Run
from rnnlab.settings.run_config import RunConfig
from rnnlab.tui.app import LabApp
from rnnlab.tui.new_run.model import read_draft
from rnnlab.tui.new_run.setting_field import SettingField
from rnnlab.tui.outside.estimator import Estimate
from rnnlab.tui.runs.filter_dialog import FilterScreen
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.screens.new_run import NewRunScreen
from rnnlab.tui.shell.dialogs.help import HelpScreen
from rnnlab.tui.shell.dialogs.pick import PickScreen
from tests.toys.app_lab import WORLD, burst, painted, until
from tests.toys.picture import strips

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab, OpenLab


async def open_form(pilot: Pilot[None], app: LabApp) -> NewRunScreen:
    await pilot.press("n")
    await until(pilot, lambda: isinstance(app.screen, NewRunScreen) and app.screen.field)
    assert isinstance(app.screen, NewRunScreen)
    return app.screen


def write(app: LabApp, **settings: str) -> None:
    for name, value in settings.items():
        field_of(app, name).input.value = value


def field_of(app: LabApp, name: str, form: NewRunScreen | None = None) -> SettingField:
    field = (form or app.screen).query_one(f"#field-{name}", Input).parent
    assert isinstance(field, SettingField)
    return field


def beside(app: LabApp, name: str) -> str:
    """Return what stands beside a field, as it is painted."""
    return str(field_of(app, name).render())


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "mer.txt"
    file.write_text("La mer monte. Le vent tombe. Il fait nuit.\n" * 50, encoding="utf-8")
    return file


class Workers:
    """Stands for the launch of workers: it notes them and may be held up."""

    def __init__(self) -> None:
        self.started: list[tuple[RunConfig, bool]] = []
        """Settings of the runs, and whether they wait in the queue."""
        self.may_start = threading.Event()
        self.may_start.set()

    def launch(self, run: Run, *, is_queued: bool = False) -> None:
        self.started.append((RunConfig.from_toml(run.paths.config), is_queued))
        self.may_start.wait(60.0)


class Estimates:
    """Answers at once, with markup, and notes the settings."""

    def __init__(self, _data: Path | None = None) -> None:
        self.asked: list[Mapping[str, object]] = []

    async def ask(self, values: dict[str, str]) -> Estimate:
        self.asked.append(values)
        return Estimate("[b]42.2k parameters")

    async def close(self) -> None:
        pass


@pytest.fixture
def workers() -> Workers:
    return Workers()


@pytest.fixture
def app(open_lab: OpenLab, workers: Workers) -> LabApp:
    return open_lab(outside=replace(WORLD, launch=workers.launch))


async def test_the_help_follows_the_focus_and_all_that_counts_is_in_view_in_every_size(
    app: LabApp,
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot, app)
        fields = form.query_one("#fields").region
        assert fields.contains_region(field_of(app, "steps").region), "the end of a run is in view"
        for key in ("down", "tab", "pagedown", "pagedown", "up", "shift+tab", "pageup"):
            await pilot.press(key)
            assert form.field is not None
            assert str(form.query_one("#draft").border_title) == form.field.kind.title, key
            assert form.field.kind.help in str(form.query_one("#about", Static).content), key
        for columns, rows in ((80, 24), (120, 40), (200, 50)):
            if form.size.width != columns:
                await pilot.resize_terminal(columns, rows)
                await until(pilot, lambda columns=columns: form.size.width == columns)  # type: ignore[misc]
            for name in ("recipe", "seed", "sample_every"):
                field_of(app, name).input.focus()
                parts = [
                    form.query_one(part)
                    for part in (f"#field-{name}", "#about", "#estimate", "#command")
                ]
                await until(
                    pilot,
                    lambda parts=parts: all(  # type: ignore[misc]
                        part.region.width >= 10 and form.region.contains_region(part.region)
                        for part in parts
                    ),
                )
            form.query_one("#field-corpus", Input).focus()
            await until(pilot, lambda: "enter List" in strips(app)[-1].text)
            line = strips(app)[-1].text
            for key in ("^r Start", "^l Queue", "^y Copy", "PgDn Group", "esc Lab"):
                assert key in line, (columns, rows)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_a_run_is_started_by_keys_escape_discards_and_a_start_keeps_what_was_written(
    lab: Lab, app: LabApp, workers: Workers
) -> None:
    lab.add("other")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, app)
        await pilot.press(*"stump", "down", "down", *"mine", "escape")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        form = await open_form(pilot, app)
        assert [one.input.value for one in form.query(SettingField) if one.input.value] == []
        assert form.field is field_of(app, "corpus"), "whatever is typed first is the corpus"
        await pilot.press("ctrl+o")
        await until(pilot, lambda: field_of(app, "name").input.value == "mine")
        assert field_of(app, "corpus").input.value == "stump"
        await pilot.press("f10")  # another screen keeps what was written
        await until(pilot, lambda: app.screen is not form)
        await open_form(pilot, app)
        assert field_of(app, "name").input.value == "mine"
        await pilot.press("pagedown", *"gru", "ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        await until(pilot, lambda: app.state.chosen_name == "mine" and app.state.chosen)
        config, is_queued = workers.started[0]
        assert (config.cell, config.task, is_queued) == ("gru", "sentences", False)
        await open_form(pilot, app)
        assert field_of(app, "cell").input.value == "gru"
        assert field_of(app, "name").input.value == ""
        assert form.field is field_of(app, "corpus")
        await pilot.press("s")
        # Coming back to a field selects nothing.
        await until(pilot, lambda: field_of(app, "corpus").input.value == "stumps")


async def test_a_corpus_is_a_path_of_the_working_folder_completed_by_tab_or_taken_from_the_list(
    app: LabApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    (work / "plays" / "old").mkdir(parents=True)
    for name in ("notes.txt", "notes.pdf", "plays/tartuffe.txt", "plays/tartuffe.csv"):
        (work / name).write_text("La mer monte.\n", encoding="utf-8")
    monkeypatch.chdir(work)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot, app)
        corpus = field_of(app, "corpus").input
        burst(app, *"pl", "tab", *"ta", "tab")  # the second tab comes before the first completes
        await until(pilot, lambda: corpus.value == "plays/tartuffe.")
        await pilot.press("tab")  # both files begin with it
        await until(pilot, lambda: isinstance(app.screen, PickScreen))
        rows = app.screen.query_one(OptionList)
        assert [option.id for option in rows.options] == [
            "plays/tartuffe.csv", "plays/tartuffe.txt",
        ]  # fmt: skip
        await pilot.press("down", "enter")
        await until(pilot, lambda: corpus.value == "plays/tartuffe.txt")
        await pilot.press("tab")
        await until(pilot, lambda: form.field is field_of(app, "task"))
        # The list of an empty field has the files here, and leads into the folders.
        write(app, corpus="")
        await pilot.press("shift+tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, PickScreen))
        names = [option.id for option in app.screen.query_one(OptionList).options]
        assert {"stump", "notes.txt", "plays/"} < set(names)
        assert "notes.pdf" not in names
        await pilot.press(*"plays", "enter")
        await until(pilot, lambda: corpus.value == "plays/")
        await until(pilot, lambda: isinstance(app.screen, PickScreen))
        await pilot.press(*"csv", "enter")
        await until(pilot, lambda: corpus.value == "plays/tartuffe.csv")


async def test_both_keys_are_one_run_and_who_has_gone_elsewhere_meanwhile_stays_there(
    lab: Lab, app: LabApp, workers: Workers
) -> None:
    lab.add("other")
    workers.may_start.clear()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.state.chosen_name == "other")
        form = await open_form(pilot, app)
        write(app, corpus="stump", name="waits")
        burst(app, "ctrl+l", "ctrl+r", "ctrl+y")
        # The key between them has then been handled as well.
        await until(pilot, lambda: app.clipboard and workers.started)
        workers.may_start.set()
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        assert [is_queued for _, is_queued in workers.started] == [True], "the first key counts"
        workers.may_start.clear()
        await until(pilot, lambda: app.state.chosen_name == "waits" and app.state.chosen)
        await open_form(pilot, app)
        write(app, name="mine")
        await pilot.press("ctrl+r", "escape", "slash")
        await until(pilot, lambda: isinstance(app.screen, FilterScreen))
        workers.may_start.set()
        await until(pilot, lambda: not field_of(app, "name", form).input.value)
        await until(pilot, lambda: "mine" in app.state.summaries)
        assert isinstance(app.screen, FilterScreen), "its text is still waited for"
        assert app.state.chosen_name == "waits"
    assert [is_queued for _, is_queued in workers.started] == [True, False]


async def test_an_error_is_shown_beside_its_field_and_in_full_below_and_the_form_stays(
    app: LabApp, lab: Lab, workers: Workers
) -> None:
    lab.add("taken")
    cases: tuple[tuple[dict[str, str], str, str], ...] = (
        ({}, "no corpus", "corpus"),
        ({"corpus": "no/such/file"}, "there is no corpus or file", "corpus"),
        ({"corpus": "stump", "tied": "true"}, "tied needs", "corpus"),
        ({"corpus": "stump", "hidden": "0"}, "hidden: should be greater", "hidden"),
        ({"corpus": "stump", "name": "taken"}, "already exists", "name"),
    )
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot, app)
        for name, value, says in (
            ("recipe", "lstm-molire", "no recipe 'lstm-molire'; similar: lstm-moliere"),
            ("corpus", "no/such/file", "there is no corpus or file 'no/such/file'"),
            ("corpus", "stum", "did you mean 'stump'? "),
            ("hidden", "many", "should be a whole number"),
        ):
            field_of(app, name).input.focus()
            write(app, **{name: value})
            await until(pilot, lambda says=says: says in painted(app, "about"))  # type: ignore[misc]
            beginning = "no corpus" if name == "corpus" else says[:20]
            assert beginning in beside(app, name), value
            write(app, **{name: ""})
            await until(pilot, lambda n=name: not field_of(app, n).problem)  # type: ignore[misc]
        for settings, says, focused in cases:
            form.query_one("#field-corpus", Input).focus()
            write(app, **settings)
            await pilot.press("ctrl+r")
            await until(pilot, lambda says=says: says in painted(app, "about"))  # type: ignore[misc]
            assert form.field is field_of(app, focused), settings
            assert app.screen is form, settings
            write(app, **dict.fromkeys(settings, ""))
    assert workers.started == []


async def test_a_recipe_fills_in_all_is_emptied_and_comes_back_and_its_command_is_copied(
    open_lab: OpenLab, text: Path, said: list[str]
) -> None:
    estimates = Estimates()
    app = open_lab(outside=replace(WORLD, make_estimator=lambda _data: estimates))
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        write(app, recipe="lstm-moliere", hidden="64")
        await until(pilot, lambda: field_of(app, "limit_chars").input.placeholder == "100000")
        assert field_of(app, "weight_decay").input.placeholder == "0.01"
        assert beside(app, "hidden").startswith("• hidden")
        assert beside(app, "cell").startswith("  cell")
        assert "corpora fetch moliere" in field_of(app, "corpus").problem
        await pilot.press("ctrl+o")
        await until(pilot, lambda: field_of(app, "weight_decay").input.placeholder == "0")
        assert beside(app, "hidden").startswith("  hidden")
        assert (field_of(app, "recipe").input.value, field_of(app, "hidden").input.value) == (
            "", "",
        )  # fmt: skip
        await until(pilot, lambda: any("^o to restore" in one for one in said))
        await pilot.press("ctrl+o")
        await until(pilot, lambda: field_of(app, "recipe").input.value == "lstm-moliere")
        assert field_of(app, "hidden").input.value == "64"
        write(app, recipe="", hidden="", limit_chars="many")
        await until(
            pilot, lambda: "measured when limit_chars is corrected" in painted(app, "estimate")
        )
        written = {
            "corpus": str(text), "recipe": "lstm-moliere", "limit_chars": "1000", "one_hot": "yes",
        }  # fmt: skip
        write(app, **written)
        await until(pilot, lambda: "measured when you stop" in painted(app, "estimate"))
        line = read_draft(written, app.state.store, app.state.data).command()
        assert "--recipe lstm-moliere --limit-chars 1000 --one-hot" in line
        await until(pilot, lambda: line.split()[-1] in painted(app, "command"))
        await pilot.press("ctrl+y")
        await until(pilot, lambda: app.clipboard == line)
        assert not estimates.asked
        await pilot.press("ctrl+t")
        await until(pilot, lambda: estimates.asked)
    assert estimates.asked[0]["corpus"] == str(text)
    assert estimates.asked[0]["weight_decay"] == 0.01, (
        "the recipe's setting, as it is written there"
    )


async def test_enter_or_a_click_opens_a_list_that_typing_filters(app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot, app)
        # The list of an empty field begins at the default, and escape leaves the field alone.
        field_of(app, "cell").input.focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PickScreen))
        rows = app.screen.query_one(OptionList)
        assert rows.highlighted_option is not None
        assert rows.highlighted_option.id == "lstm"
        await pilot.press("z", "z", "enter")
        assert app.screen.query_one("#none").display
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is form)
        assert field_of(app, "cell").input.value == ""
        # A click beside the value opens it too; it begins with what is written.
        await pilot.press("g", "r")
        await pilot.click(field_of(app, "cell"), offset=(2, 0))
        await until(pilot, lambda: isinstance(app.screen, PickScreen))
        assert app.screen.query_one("#line", Input).value == "gr"
        await pilot.press("u", "enter")
        await until(pilot, lambda: app.screen is form)
        assert field_of(app, "cell").input.value == "gru"
        # Several words filter by all of them.
        field_of(app, "recipe").input.focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PickScreen))
        await pilot.press(*"gru", "space", *"reviews")
        rows = app.screen.query_one(OptionList)
        await until(pilot, lambda: rows.option_count == 2)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.screen is form)
        assert field_of(app, "recipe").input.value == "imdb-gru-glove"
        # A field without a list leads to the next one.
        field_of(app, "hidden").input.focus()
        await pilot.press("enter")
        assert form.field is field_of(app, "embedding")


async def test_the_cost_of_a_run_is_measured_once_the_writing_pauses(open_lab: OpenLab) -> None:
    estimates = Estimates()
    outside = replace(WORLD, make_estimator=lambda _data: estimates, estimate_after_s=0.05)
    app = open_lab(outside=outside)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        await until(pilot, lambda: "measured when a corpus is given" in painted(app, "estimate"))
        write(app, corpus="stump", hidden="64", name="mine")
        await until(pilot, lambda: "[b]42.2k parameters" in painted(app, "estimate"))
        assert estimates.asked[-1] == {"corpus": "stump", "hidden": 64}
        num_asked = len(estimates.asked)
        write(app, hidden="many")
        await until(pilot, lambda: "measured when hidden is corrected" in painted(app, "estimate"))
        assert len(estimates.asked) == num_asked
