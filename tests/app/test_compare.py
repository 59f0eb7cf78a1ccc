"""Runs side by side, on the screen and by the functions that the command line shares."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from rnnlab.base.files import replace_text
from rnnlab.protocol.messages import Answer, Ended, Failed, Progress, Started
from rnnlab.runs.compare import by_unit, rows_of
from rnnlab.runs.summary import summarise
from rnnlab.settings.run_config import RunConfig
from rnnlab.settings.values import default_settings
from rnnlab.tui.app import LabApp
from rnnlab.tui.charts.chart_pane import ChartPane
from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.screens.compare import CompareScreen
from rnnlab.tui.screens.tokens import TokensScreen
from tests.toys.app_lab import home, until
from tests.toys.picture import lines

if TYPE_CHECKING:
    import pytest

    from rnnlab.runs.run import Run
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


def set_settings(run: Run, **settings: object) -> None:
    config = RunConfig.from_values({"corpus": "stump", **settings})
    replace_text(run.paths.config, config.to_toml())


def test_rows_are_the_figures_and_the_settings_that_differ(lab: Lab) -> None:
    runs = [lab.add("alpha", train_loss=1.5), lab.add("beta", val_loss=2.5)]
    set_settings(runs[1], hidden=64, corpus="/some/where/mine.txt")
    # An older run says less: what it does not say is the default.
    replace_text(runs[0].paths.config, 'corpus = "stump"\ntask = "stream"\nepochs = 10.0\n')
    rows = {
        row.name: row for row in rows_of(runs, [summarise(run) for run in runs], default_settings())
    }
    assert rows["train loss"].values == ("1.5000", "–")  # noqa: RUF001
    assert set(list(rows)[-2:]) == {"corpus", "hidden"}, "the settings, after the figures"
    assert "layers" not in rows, "the runs have the same"
    assert rows["corpus"].values == ("stump", "mine")
    assert rows["hidden"].values == ("128", "64")
    assert "val accuracy" not in rows, "no run has one"


def test_a_corpus_is_named_without_any_of_its_endings(lab: Lab) -> None:
    runs = [lab.add("alpha"), lab.add("beta")]
    set_settings(runs[1], corpus="/some/where/reviews.csv.gz")
    summaries = [summarise(run) for run in runs]
    rows = {row.name: row.values for row in rows_of(runs, summaries, default_settings())}
    assert rows["corpus"] == ("stump", "reviews")


def test_threads_that_the_worker_chooses_are_said_to_be(lab: Lab) -> None:
    runs = [lab.add("alpha"), lab.add("beta")]
    set_settings(runs[1], threads=2)
    summaries = [summarise(run) for run in runs]
    rows = {row.name: row.values for row in rows_of(runs, summaries, default_settings())}
    assert rows["threads"] == ("0 (automatic)", "2")


def test_losses_of_letters_words_and_documents_stand_apart(lab: Lab) -> None:
    runs = [lab.add("a"), lab.add("b"), lab.add("c", task="classify"), lab.add("d")]
    set_settings(runs[1], tokens="words")
    summaries = [summarise(run) for run in runs]
    assert by_unit(summaries, "abcd") == {"letter": ["a", "d"], "word": ["b"], "document": ["c"]}
    first = rows_of(runs, summaries, default_settings())[0]
    assert first.name == "losses in"
    assert first.values == ("nats/char", "nats/word", "nats/document", "nats/char")


async def open_compare(pilot: Pilot[None], app: LabApp) -> CompareScreen:
    await until(pilot, lambda: home(app).table.row_count)
    await pilot.press("f8")
    await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.focused)
    assert isinstance(app.screen, CompareScreen)
    return app.screen


@asynccontextmanager
async def asking_two(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> AsyncIterator[tuple[Pilot[None], CompareScreen]]:
    """Open the screen on two runs that have been asked and have not answered yet."""
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_compare(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 2)
        yield pilot, screen


def columns(screen: CompareScreen) -> list[str]:
    return screen.table.names


async def test_the_marked_runs_are_compared_each_unit_on_its_own_axis(
    lab: Lab, app: LabApp
) -> None:
    for name in ("alpha", "beta", "gamma"):
        lab.add(name)
    set_settings(lab.add("words"), tokens="words")
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 4)
        app.state.chosen_name, app.state.selected = "alpha", ("words", "beta")
        screen = await open_compare(pilot, app)
        assert screen.names == ("alpha", "words", "beta")
        assert columns(screen) == ["", "a alpha", "d words", "b beta"]
        await pilot.press("escape")
        screen.plots.focus()
        await pilot.press("enter")  # one chart has room for both units
        chart = screen.query_one("#plot-loss", ChartPane)
        await until(pilot, lambda: "nats/char" in chart.text and "nats/word" in chart.text)


async def test_one_alone_stands_beside_the_newest_of_its_corpus(lab: Lab, app: LabApp) -> None:
    for name in ("alpha", "beta", "gamma", "delta"):
        lab.add(name)
    set_settings(lab.store.open("delta"), corpus="other")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 4)
        home(app).table.choose("alpha")
        await until(pilot, lambda: app.state.chosen_name == "alpha")
        screen = await open_compare(pilot, app)
        assert screen.names == ("alpha", "gamma", "beta")


async def test_every_run_continues_the_same_prompt_in_its_own_columns(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_compare(pilot, app)
        screen.query_one("#decoders", Input).value = "greedy beam:k=2"
        screen.query_one("#prompt", TextArea).text = "Once"
        await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 2)
        assert [r.run.rpartition("/")[2] for r in generator.requests] == list(screen.names)
        assert {(r.prompt, r.seed, tuple(r.decoders)) for r in generator.requests} == {
            ("Once", 1, ("greedy", "beam:k=2"))
        }
        for ask in (1, 2):
            generator.say(Started(ask, 10 * ask))
            for decoder in (0, 1):
                text = f"[{ask}{decoder}]"
                answer = Answer(
                    "greedy", ["greedy"], 1, "Once" + text, text, False, -1.0, -1.0,
                    list(text), [-0.25] * 4, "Once",
                )  # fmt: skip
                generator.say(Progress(ask, decoder, [answer], is_last=True))
        generator.say(Failed(2, "something is wrong"))
        for ask in (1, 2):
            generator.say(Ended(ask, was_cancelled=False, elapsed_s=0.1))
        assert app.state.session.history.prompts == ["Once"]
        status = screen.query_one("#compare-status", Static)
        await until(pilot, lambda: "1 of 2 runs have answered" in str(status.render()))
        assert f"no answer from {screen.names[1]};" in str(status.render())
        shown = [str(c.query(Static).last().render()) for c in screen.query(Candidate)]
        assert shown[:2] == ["Once[10]", "Once[11]"]
        assert shown[2:] == ["Once[20]\nsomething is wrong", "Once[21]\nsomething is wrong"]
        heads = [str(c.query_one(".head", Static).render()) for c in screen.query(Candidate)]
        assert heads[3].startswith(f"a {screen.names[1]} beam:k=2\n")
        screen.query(Candidate).last().focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TokensScreen))
        await until(pilot, lambda: len(generator.questions) == 3)
        look = generator.questions[2]
        assert (look.run.rpartition("/")[2], look.checkpoint) == (screen.names[1], "20")


async def test_escape_cancels_every_run_that_still_writes(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with asking_two(lab, app, generator) as (pilot, screen):
        await pilot.press("escape")
        await until(pilot, lambda: generator.num_cancelled == 2)
        assert app.screen is screen


async def test_a_single_run_is_told_what_is_missing(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_compare(pilot, app)
        assert "two runs are needed" in screen.table.names[0]


async def test_an_old_answer_is_not_written_into_new_columns(
    lab: Lab, app: LabApp, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asking_two(lab, app, generator) as (pilot, screen):
        failed = Failed(1, "of the question before")
        old, begin = generator.listener(failed), screen.board.begin_best
        assert old is not None

        async def begin_while_the_old_one_is_heard(titles: list[str]) -> None:
            await begin(titles)
            await old.on_reply(failed)

        monkeypatch.setattr(screen.board, "begin_best", begin_while_the_old_one_is_heard)
        await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 4)
        bodies = [str(c.query(Static).last().render()) for c in screen.query(Candidate)]
        assert not any("of the question before" in body for body in bodies)


async def test_a_step_chosen_for_one_run_is_not_asked_of_the_others(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        app.state.session.fields.checkpoints["beta"] = "20"
        screen = await open_compare(pilot, app)
        field = screen.query_one("#checkpoint", Input)
        assert field.value == "live"
        await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 2)
        assert {request.checkpoint for request in generator.requests} == {"live"}
        field.value = "30"
        await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 4)
        generator.say(Failed(4, "there is no step 30"))
        generator.say(Ended(4, was_cancelled=False, elapsed_s=0.1))
        bodies = [c.query(Static).last() for c in screen.query(Candidate)]
        await until(pilot, lambda: str(bodies[-1].render()) == "there is no step 30")
        assert [str(body.render()) for body in bodies].count("there is no step 30") == 3
        assert "0 of 2 runs have answered" in str(screen.query_one("#compare-status").render())


async def test_a_small_screen_names_the_runs_and_shows_their_curves_until_there_are_texts(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    for name in ("alpha", "beta", "gamma"):
        lab.add(name)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 3)
        app.state.chosen_name = "alpha"
        screen = await open_compare(pilot, app)
        line = screen.query_one("#compare-runs", Static)
        assert str(line.content).startswith("▎a alpha ▎c gamma ▎b beta  similar runs; F2, space")
        curves = screen.query_one("#plot-loss")
        await until(pilot, lambda: curves.region.height > 5)
        assert curves.region.y >= screen.table.region.bottom
        await pilot.press("f2")
        await until(pilot, lambda: app.page is home(app))
        app.state.selected = ("beta",)
        await pilot.press("f8")
        await until(pilot, lambda: str(line.content).startswith("▎a alpha ▎b beta●  ● selected"))
        assert isinstance(line.content, Text)
        assert len({span.style for span in line.content.spans if "rgb" in str(span.style)}) == 2
        await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 2)
        await until(pilot, lambda: not curves.region)
        assert screen.query_one("#candidates").region.height > 5
        await pilot.press("escape", "escape", "2")  # in full screen
        await until(pilot, lambda: screen.plots.region.height > 15)


async def test_a_classifier_has_one_column_and_the_language_models_one_per_decoder(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("opinions", task="classify")
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        app.state.chosen_name, app.state.selected = "opinions", ("alpha",)
        screen = await open_compare(pilot, app)
        screen.query_one("#decoders", Input).value = "greedy beam:k=2"
        await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 2)
        assert [tuple(r.decoders) for r in generator.requests] == [(), ("greedy", "beam:k=2")]
        heads = [str(c.query_one(".head", Static).render()) for c in screen.query(Candidate)]
        titles = [head.partition("\n")[0] for head in heads]
        assert titles == ["a opinions classes", "b alpha greedy", "b alpha beam:k=2"]
        text = Answer("beam", ["beam"], 1, "Once", "Once", False, -1.0, -1.0, ["Once"], [-1.0])
        generator.say(Started(2, 40))
        generator.say(Progress(2, 1, [text], is_last=True))
        bodies = [c.query(Static).last() for c in screen.query(Candidate)]
        await until(pilot, lambda: "Once" in str(bodies[2].render()))


async def test_texts_of_other_runs_are_removed_when_the_compared_runs_change(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    for name in ("alpha", "beta", "gamma"):
        lab.add(name)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 3)
        app.state.chosen_name, app.state.selected = "alpha", ("beta",)
        screen = await open_compare(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 2)
        num_cancelled = generator.num_cancelled
        app.state.selected = ("gamma",)
        screen.show_state()
        await until(pilot, lambda: not screen.query(Candidate))
        assert generator.num_cancelled == num_cancelled + 2
        assert "enter: every run" in str(screen.query_one("#compare-status").render())


async def test_no_selected_run_is_left_out_silently_and_no_number_is_broken(
    lab: Lab, app: LabApp
) -> None:
    names = tuple(f"run-{number:02}" for number in range(14))
    for name in names:
        lab.add(name, val_loss=0.4808)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 14)
        app.state.chosen_name, app.state.selected = names[0], names[:6]
        screen = await open_compare(pilot, app)
        await until(pilot, lambda: any("val loss" in one and "0.4808" in one for one in lines(app)))
        app.state.selected = names
        screen.show_state()
        assert screen.names == names[:12]
        await until(pilot, lambda: "run-12, run-13" in " ".join("\n".join(lines(app)).split()))
