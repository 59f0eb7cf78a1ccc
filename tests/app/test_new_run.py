from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from rnnlab import start
from rnnlab.config import RunConfig
from rnnlab.plots import loss
from rnnlab.runs.store import Run
from rnnlab.runs.summary import RunSummary, summarise
from rnnlab.tui.app import LabApp
from rnnlab.tui.draft import Draft, read_draft
from rnnlab.tui.estimator import Estimate, Estimator
from rnnlab.tui.screens import new_run
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.screens.new_run import NewRunScreen
from rnnlab.tui.setting_groups import OWN_HELP
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from rnnlab.tui.shell.dialogs.help import HelpScreen
from rnnlab.tui.shell.dialogs.pick import PickScreen
from rnnlab.tui.widgets.setting_field import SettingField
from tests.toys.app_lab import burst, painted, until

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab


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


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[RunConfig, bool]]:
    """Settings of the runs that are started, and whether they wait; no worker begins."""
    runs: list[tuple[RunConfig, bool]] = []

    def note(run: Run, *, is_queued: bool) -> None:
        runs.append((RunConfig.from_toml(run.paths.config), is_queued))

    monkeypatch.setattr(start, "launch", note)
    return runs


async def test_every_setting_has_a_field_and_its_help_is_whole_at_80_columns(app: LabApp) -> None:
    helps = {name: str(field.description) for name, field in RunConfig.model_fields.items()}
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, app)
        for name, help_line in {**OWN_HELP, **helps}.items():
            app.screen.query_one(f"#field-{name}", Input).focus()
            about = " ".join(help_line.split())
            await until(pilot, lambda about=about: about in painted(app, "about"))  # type: ignore[misc]


async def test_the_help_is_that_of_the_focused_field_after_every_key(app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot, app)
        for key in ("down", "tab", "pagedown", "pagedown", "up", "shift+tab", "pageup"):
            await pilot.press(key)
            assert form.field is not None
            assert str(app.screen.query_one("#draft").border_title) == form.field.kind.title
            assert form.field.kind.help in str(app.screen.query_one("#about", Static).content)


async def test_a_run_is_started_by_keys_and_chosen_in_the_lab(
    lab: Lab, app: LabApp, started: list[tuple[RunConfig, bool]]
) -> None:
    lab.add("other")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, app)
        await pilot.press(*"stump", "down", "down", *"mine", "pagedown", *"gru", "ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        await until(pilot, lambda: app.desk.chosen_name == "mine" and app.desk.chosen)
        config, is_queued = started[0]
        assert (config.cell, config.task, is_queued) == ("gru", "sentences", False)
        await open_form(pilot, app)
        assert field_of(app, "cell").input.value == "gru"
        assert field_of(app, "name").input.value == ""


async def test_a_run_is_put_into_the_queue(
    app: LabApp, started: list[tuple[RunConfig, bool]]
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        write(app, corpus="stump", name="waits")
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
    assert [is_queued for _, is_queued in started] == [True]


async def test_both_keys_at_once_are_one_run(app: LabApp, monkeypatch: pytest.MonkeyPatch) -> None:
    may_start, begun = threading.Event(), list[bool]()

    def begin(_draft: Draft, *, is_queued: bool) -> str:
        begun.append(is_queued)
        may_start.wait(60.0)
        return "mine"

    copied: list[str] = []
    monkeypatch.setattr(Draft, "start", begin)
    monkeypatch.setattr(LabApp, "copy_to_clipboard", lambda _app, text: copied.append(text))
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        write(app, corpus="stump")
        burst(app, "ctrl+r", "ctrl+l", "ctrl+y")
        await until(pilot, lambda: copied and begun)  # so the key between them was heard as well
        may_start.set()
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
    assert begun == [False]


async def test_who_has_gone_elsewhere_while_a_run_is_started_stays_there(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add("other")
    may_start = threading.Event()
    monkeypatch.setattr(start, "launch", lambda _run, **_: may_start.wait(60.0))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.desk.chosen_name == "other")
        form = await open_form(pilot, app)
        write(app, corpus="stump", name="mine")
        await pilot.press("ctrl+r", "escape", "delete")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        may_start.set()
        await until(pilot, lambda: not field_of(app, "name", form).input.value)
        await until(pilot, lambda: "mine" in app.desk.summaries)
        assert isinstance(app.screen, ChoiceScreen), "its answer is still waited for"
        assert app.desk.chosen_name == "other"


async def test_what_is_wrong_is_said_beside_the_field_and_in_full_below(app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, app)
        for name, value, says in (
            ("recipe", "lstm-molire", "no recipe 'lstm-molire'; near it: lstm-moliere"),
            ("corpus", "no/such/file", "no corpus and no file named 'no/such/file'"),
            ("hidden", "many", "should be a whole number"),
        ):
            field_of(app, name).input.focus()
            write(app, **{name: value})
            await until(pilot, lambda n=name, s=says: s[:20] in beside(app, n))  # type: ignore[misc]
            assert says in painted(app, "about")
            write(app, **{name: ""})
            await until(pilot, lambda n=name: not field_of(app, n).problem)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("settings", "says", "focused"),
    [
        ({}, "which text?", "corpus"),
        ({"corpus": "no/such/file"}, "no corpus and no file", "corpus"),
        ({"corpus": "stump", "hidden": "0"}, "hidden: should be greater", "hidden"),
        ({"corpus": "stump", "name": "taken"}, "is there already", "name"),
        ({"corpus": "stump", "tied": "true"}, "tied needs", "corpus"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_the_form_stays_when_a_run_cannot_start(
    settings: dict[str, str],
    says: str,
    focused: str,
    app: LabApp,
    lab: Lab,
    started: list[tuple[RunConfig, bool]],
) -> None:
    lab.add("taken")
    async with app.run_test(size=(120, 40)) as pilot:
        form = await open_form(pilot, app)
        write(app, **settings)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: says in painted(app, "about"))
        assert form.field is field_of(app, focused)
        assert app.screen is form
    assert started == []


async def test_what_is_changed_is_marked_and_a_recipe_fills_the_rest(app: LabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        write(app, recipe="lstm-moliere", hidden="64")
        await until(pilot, lambda: field_of(app, "limit_chars").input.placeholder == "100000")
        assert field_of(app, "weight_decay").input.placeholder == "0.01"
        assert beside(app, "hidden").startswith("• hidden")
        assert beside(app, "cell").startswith("  cell")
        assert "get it: github.com" in field_of(app, "corpus").problem
        await pilot.press("ctrl+o")
        await until(pilot, lambda: field_of(app, "weight_decay").input.placeholder == "0")
        assert beside(app, "hidden").startswith("  hidden")


async def test_what_was_emptied_comes_back_with_the_same_key(app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, app)
        write(app, corpus="stump", hidden="64")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: field_of(app, "corpus").input.value == "")
        await until(pilot, lambda: app._notifications)
        assert "^o again brings back" in next(iter(app._notifications)).message
        await pilot.press("ctrl+o")
        await until(pilot, lambda: field_of(app, "corpus").input.value == "stump")
        assert field_of(app, "hidden").input.value == "64"


async def test_a_list_begins_with_what_is_written_already(app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, app)
        field_of(app, "cell").input.focus()
        await pilot.press("g", "r", "enter")
        await until(pilot, lambda: isinstance(app.screen, PickScreen))
        assert app.screen.query_one("#line", Input).value == "gr"
        await pilot.press("u", "enter")
        await until(pilot, lambda: field_of(app, "cell").input.value == "gru")


async def test_a_fault_that_asks_ends_with_its_question_mark(app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, app)
        await pilot.press(*"stum")
        await until(pilot, lambda: "did you mean 'stump'? " in painted(app, "about"))


async def test_enter_opens_a_list_that_typing_filters_and_moves_on_where_there_is_none(
    app: LabApp,
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot, app)
        field_of(app, "recipe").input.focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PickScreen))
        await pilot.press(*"gru", "space", *"reviews")
        rows = app.screen.query_one(OptionList)
        await until(pilot, lambda: rows.option_count == 2)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.screen is form)
        assert field_of(app, "recipe").input.value == "imdb-gru-glove"
        field_of(app, "hidden").input.focus()
        await pilot.press("enter")
        assert form.field is field_of(app, "embedding")


async def test_a_list_begins_at_what_holds_and_escape_leaves_the_field_alone(app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot, app)
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


async def test_a_click_beside_a_value_opens_its_list(app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, app)
        await pilot.click(field_of(app, "cell"), offset=(2, 0))
        await until(pilot, lambda: isinstance(app.screen, PickScreen))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_the_form_says_its_keys_and_lists_them_all(
    app: LabApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await open_form(pilot, app)
        line = app.screen._compositor.render_strips()[-1].text
        for key in ("^r Start", "^l Queue", "enter List", "^y Copy", "PgDn Group", "esc Home"):
            assert key in line
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_cost_and_command_stay_in_view_whatever_field_is_shown(
    app: LabApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await open_form(pilot, app)
        for name in ("recipe", "seed", "sample_every"):
            field_of(app, name).input.focus()
            parts = [
                app.screen.query_one(part)
                for part in (f"#field-{name}", "#about", "#estimate", "#command")
            ]
            await until(
                pilot,
                lambda parts=parts: all(  # type: ignore[misc]
                    part.region.width >= 10 and app.screen.region.contains_region(part.region)
                    for part in parts
                ),
            )


async def test_the_command_line_that_does_the_same_is_shown_and_copied(
    app: LabApp, text: Path
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        write(app, corpus=str(text), recipe="lstm-moliere", limit_chars="1000", one_hot="yes")
        written = {
            "corpus": str(text), "recipe": "lstm-moliere", "limit_chars": "1000", "one_hot": "yes",
        }  # fmt: skip
        line = read_draft(written, app.desk.store, app.desk.data).command()
        assert "--recipe lstm-moliere --limit-chars 1000 --one-hot" in line
        await until(pilot, lambda: line.split()[-1] in painted(app, "command"))
        await pilot.press("ctrl+y")
        await until(pilot, lambda: app.clipboard == line)


async def test_a_run_of_a_recipe_shows_what_was_published(
    app: LabApp, text: Path, started: list[tuple[RunConfig, bool]]
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        written = {"corpus": str(text), "recipe": "lstm-moliere"}
        name = read_draft(written, app.desk.store).start(is_queued=False)
        await until(pilot, lambda: name in app.desk.summaries)
        assert app.desk.summaries[name].published == {"train": 1.1036, "val": 1.5117}
        levels = loss.chart(app.desk.named_histories((name,))).levels
        assert [(level.name, level.value) for level in levels] == [
            ("published train", 1.1036),
            ("published val", 1.5117),
        ]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, object]]:
    """Settings that were to be measured; the measurement says some markup."""
    settings: list[Mapping[str, object]] = []

    async def ask(_self: Estimator, values: Mapping[str, object]) -> Estimate:
        settings.append(values)
        return Estimate("[b]42.2k parameters")

    monkeypatch.setattr(Estimator, "ask", ask)
    return settings


async def test_what_a_run_would_cost_is_measured_once_the_writing_pauses(
    app: LabApp, asked: list[Mapping[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_run, "_ESTIMATE_AFTER_S", 0.05)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        await until(pilot, lambda: "once there is a corpus" in painted(app, "estimate"))
        write(app, corpus="stump", hidden="64", name="mine")
        await until(pilot, lambda: "[b]42.2k parameters" in painted(app, "estimate"))
        assert asked[-1] == {"corpus": "stump", "hidden": 64}
        num_asked = len(asked)
        write(app, hidden="many")
        await until(pilot, lambda: "once hidden is mended" in painted(app, "estimate"))
        assert len(asked) == num_asked
        monkeypatch.setattr(new_run, "_ESTIMATE_AFTER_S", 3600.0)
        write(app, hidden="65")
        await until(pilot, lambda: "measured once the writing" in painted(app, "estimate"))


async def test_a_key_measures_at_once_with_the_recipe_in_it(
    app: LabApp, asked: list[Mapping[str, object]]
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(pilot, app)
        write(app, corpus="stump", recipe="lstm-moliere")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: asked)
    assert (asked[0]["corpus"], asked[0]["weight_decay"]) == ("stump", 0.01)


async def test_what_is_written_is_there_again_after_another_screen(app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, app)
        await pilot.press(*"stump", "escape")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        await open_form(pilot, app)
        assert field_of(app, "corpus").input.value == "stump"


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
