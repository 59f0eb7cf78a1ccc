from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from textual import events
from textual.command import CommandPalette
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input, OptionList, Static

from rnnlab import registry
from rnnlab.errors import UnknownNameError
from rnnlab.plots import Chart, Drawing, drawing
from rnnlab.plots._chart import waiting
from rnnlab.runs.mailbox import Command, collect
from rnnlab.runs.paths import replace_text
from rnnlab.runs.prompts import Ended, Failed
from rnnlab.runs.store import Run, RunStore
from rnnlab.tui import asking_app
from rnnlab.tui.app import LabApp
from rnnlab.tui.feed import Feed, RunsRead
from rnnlab.tui.prompting.decoders_dialog import DecodersScreen
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from rnnlab.tui.shell.dialogs.help import HelpScreen
from rnnlab.tui.shell.screen_registry import entry
from rnnlab.tui.widgets import chart_pane
from rnnlab.tui.widgets.candidate import Candidate
from rnnlab.tui.widgets.candidates import CandidateBoard
from rnnlab.tui.widgets.chart_pane import ChartPane
from rnnlab.tui.widgets.details import Details
from rnnlab.tui.widgets.keys_line import KeysLine
from rnnlab.tui.widgets.plot_grid import PlotGrid
from rnnlab.tui.widgets.prompt_pane import PromptPane
from rnnlab.tui.widgets.runs_table import RunsTable
from rnnlab.tui.widgets.screen_bar import ScreenBar
from tests.toys.app_lab import home, until
from tests.toys.fake_generator import FakeGenerator

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab


def mail(folder: Path, commands: list[Command]) -> list[Command]:
    """Add what has come into a mailbox to `commands`."""
    commands.extend(collect(folder))
    return commands


def chart(app: LabApp, plot: str) -> str:
    return app.screen.query_one(f"#plot-{plot}", ChartPane).text


def status_line(app: LabApp) -> str:
    return str(app.screen.query_one("#prompt-status", Static).render())


def table(app: LabApp) -> RunsTable:
    return app.screen.query_one(RunsTable)


def row_text(app: LabApp, name: str) -> str:
    return " ".join(cell.plain for cell in table(app).get_row(name))


async def test_a_run_is_shown_with_its_state_and_its_curve(lab: Lab, app: LabApp) -> None:
    lab.add("alpha", train_loss=2.25)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 1)
        assert "alpha" in row_text(app, "alpha")
        assert "2.2500" in row_text(app, "alpha")
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        assert "val 2.500" in chart(app, "loss")
        await until(pilot, lambda: "clip 1" in chart(app, "grad-norm"))


async def test_the_curves_move_while_a_worker_writes(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        lab.write(run, range(41, 61))
        lab.say(run, state="running", step=60, train_loss=1.0)
        await until(pilot, lambda: "train 1.000" in chart(app, "loss"))
        assert "1.0000" in row_text(app, "alpha")


async def test_a_chart_is_drawn_once_for_the_same_data(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        visible = [pane for pane in app.screen.query(ChartPane) if pane.display]
        await until(pilot, lambda: all(pane.names_drawn for pane in visible))
        drawn: list[object] = []

        def counted(chart: Chart, width: int, height: int, **options: Any) -> Drawing:
            drawn.append(chart)
            return drawing(chart, width, height, **options)

        monkeypatch.setattr(chart_pane, "drawing", counted)
        for _ in range(5):
            app.screen.query_one(PlotGrid).refresh(recompose=False)
            app.screen.query_one("#plot-loss", ChartPane).refresh()
            await pilot.pause(0.03)
        assert drawn == []
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: drawn)


async def test_charts_of_marked_runs_stay_while_the_cursor_moves_among_these(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add("beta", steps=20)
    lab.add("alpha", steps=40)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        await pilot.press("space", "j", "space")
        pane = app.screen.query_one("#plot-loss", ChartPane)
        await until(pilot, lambda: pane.names_drawn == {"alpha", "beta"})
        monkeypatch.setattr(chart_pane, "_LEAST_S", 3600.0)
        await pilot.pause(0.2)
        before = pane.text
        await pilot.press("k")
        await until(pilot, lambda: app.desk.chosen_name == "alpha")
        await pilot.pause(0.2)
        assert pane.text == before


async def test_charts_that_are_due_together_are_drawn_apart(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lab.add("alpha", "running")
    monkeypatch.setattr(chart_pane, "_LEAST_S", 0.0)
    monkeypatch.setattr(chart_pane, "_SHARE_OF_TIME", 1e9)  # drawn as soon as there is news
    drawn_by: dict[str, list[int]] = {}

    def noted(chart: Chart, width: int, height: int, **options: Any) -> Drawing:
        drawn_by.setdefault(chart.title, []).append(id(asyncio.current_task()))
        return drawing(chart, width, height, **options)

    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        await until(pilot, lambda: "clip 1" in chart(app, "grad-norm"))
        monkeypatch.setattr(chart_pane, "drawing", noted)
        lab.write(run, range(41, 61))
        await until(pilot, lambda: len(drawn_by) == 2)
        first, second = drawn_by.values()
        assert not {*first} & {*second}


async def test_the_first_picture_of_a_chosen_run_waits_for_its_journal_and_no_longer(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add("beta", steps=20)
    lab.add("alpha", steps=40)
    monkeypatch.setattr(chart_pane, "_LEAST_S", 3600.0)
    may_read = threading.Event()
    may_read.set()
    read = Feed.read

    def read_when_allowed(feed: Feed, watched: Collection[str]) -> RunsRead:
        may_read.wait()
        return read(feed, watched)

    monkeypatch.setattr(Feed, "read", read_when_allowed)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        may_read.clear()
        unread = app.desk.named_histories(("beta",))
        assert waiting(unread, "loss", "later") == "reading the journal…"
        try:
            await pilot.press("j")
            await until(pilot, lambda: app.desk.chosen_name == "beta")
            await pilot.pause(0.1)
            assert "train 2.000" in chart(app, "loss")
        finally:
            may_read.set()
        await until(pilot, lambda: "train 3.000" in chart(app, "loss"))


async def test_a_look_that_finds_nothing_new_paints_no_table(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count and "train 2.000" in chart(app, "loss"))
        num_painted = 0
        render_lines = RunsTable.render_lines

        def count(self: RunsTable, crop: Region) -> list[Strip]:
            nonlocal num_painted
            num_painted += 1
            return render_lines(self, crop)

        monkeypatch.setattr(RunsTable, "render_lines", count)
        for _ in range(3):
            await app._look()
            await pilot.pause()
        assert num_painted == 0


async def test_the_cursor_stays_on_its_run_when_another_comes(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        table(app).choose("alpha")
        await pilot.pause()
        lab.add("gamma", "running")
        await until(pilot, lambda: table(app).row_count == 3)
        chosen = table(app).chosen
        assert chosen is not None
        assert chosen.name == "alpha"


async def test_a_filter_that_fits_nothing_loses_no_chosen_run(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        runs = table(app)
        await until(pilot, lambda: runs.row_count == 2)
        runs.choose("alpha")
        await until(pilot, lambda: app.desk.chosen_name == "alpha")
        await pilot.press("slash", "z")
        await until(pilot, lambda: runs.row_count == 0)
        assert app.desk.chosen is None, "no key may steer a run that is not listed"
        await pilot.press("escape")
        await until(pilot, lambda: runs.row_count == 2)
        await until(pilot, lambda: app.desk.chosen_name == "alpha")


async def test_a_marked_run_is_laid_over_the_chosen_one(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        await pilot.press("space", "down")
        await until(pilot, lambda: {"alpha", "beta"} <= set(chart(app, "loss").split()))


async def test_details_say_why_a_run_failed(lab: Lab, app: LabApp) -> None:
    lab.add("alpha", "failed", reason="out of [memory]; use a smaller --batch")
    async with app.run_test(size=(200, 50)) as pilot:
        body = app.screen.query_one(Details).query_one(Static)
        await until(pilot, lambda: "out of [memory]" in str(body.render()))


async def test_details_say_which_weights_a_finished_run_has_kept(lab: Lab, app: LabApp) -> None:
    replace_text(lab.add("alpha").paths.root / "last", "30\n")
    async with app.run_test(size=(200, 50)) as pilot:
        body = app.screen.query_one(Details).query_one(Static)
        await until(pilot, lambda: "kept  the weights of step 30" in str(body.render()))


async def test_a_worker_that_dies_is_shown_as_lost(lab: Lab, app: LabApp) -> None:
    import os

    lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "●" in row_text(app, "alpha") if table(app).row_count else False)
        os.close(lab.locks.pop())
        await until(pilot, lambda: "?" in row_text(app, "alpha"))
        fault = str(home(app).fault.render())
        assert fault.endswith("`rnnlab resume alpha` goes on (here: r)")
        body = app.screen.query_one(Details).query_one(Static)
        await until(pilot, lambda: "40 lost: no word after this" in str(body.render()))


@pytest.mark.parametrize(
    ("key", "state", "action"),
    [("w", "running", "pause"), ("w", "paused", "resume"), ("s", "running", "stop"),
     ("m", "running", "checkpoint"), ("r", "paused", "resume")],
)  # fmt: skip
async def test_a_key_steers_the_chosen_run(
    lab: Lab, app: LabApp, key: str, state: str, action: str
) -> None:
    run = lab.add("alpha", state)  # type: ignore[arg-type]
    commands: list[Command] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 1)
        await pilot.press(key)
        await until(pilot, lambda: mail(run.paths.mailbox, commands))
    assert [command.action for command in commands] == [action]


async def test_stopping_a_finished_run_says_that_it_cannot(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 1)
        app.page.action_do("stop")  # as from the palette: its key is dead
        await until(pilot, lambda: app._notifications)
        assert "finished" in next(iter(app._notifications)).message


async def test_deleting_asks_first(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 1)
        await pilot.press("delete")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        assert run.paths.config.exists()
        await pilot.press("delete")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        await pilot.press("right", "enter")
        await until(pilot, lambda: not run.paths.root.exists())
        await until(pilot, lambda: table(app).row_count == 0)


async def test_a_shipped_run_is_marked_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = RunStore(tmp_path / "elsewhere").create("starter", 'corpus = "stump"\n')
    monkeypatch.setattr(asking_app, "Generator", FakeGenerator)
    app = LabApp(RunStore(tmp_path / "own", [made.paths.root]))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        assert "starter shipped" in row_text(app, "starter")
        await pilot.press("delete")
        await until(pilot, lambda: app._notifications)
        assert isinstance(app.screen, LabScreen), "nothing is asked"
        said = next(iter(app._notifications)).message
        assert said == "starter is shipped with rnnlab: it stays"
    assert made.paths.config.exists()


async def test_home_and_end_go_to_the_first_and_the_last_run(lab: Lab, app: LabApp) -> None:
    for number in range(30):
        lab.add(f"run-{number}", steps=1)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: table(app).row_count == 30)
        await pilot.press("end")
        await until(pilot, lambda: table(app).cursor_row == 29)
        await pilot.press("home")
        await until(pilot, lambda: table(app).cursor_row == 0)


async def test_a_question_of_yes_or_no_takes_y_and_n(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 1)
        for answer in "n", "y":
            await pilot.press("delete")
            await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
            assert run.paths.config.exists()
            await pilot.press(answer)
            await until(pilot, lambda: isinstance(app.screen, LabScreen))
        await until(pilot, lambda: not run.paths.root.exists())


async def ask(pilot: Pilot[None], app: LabApp, prompt: str, decoders: str) -> None:
    """Write a prompt and decoders, and ask."""
    await until(pilot, lambda: table(app).row_count)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.focused, Input))
    app.screen.query_one("#decoders", Input).value = decoders
    app.screen.query_one("#prompt", Input).value = prompt
    await pilot.press("enter")


async def answered(pilot: Pilot[None], app: LabApp, generator: FakeGenerator, *texts: str) -> None:
    """Wait for the request, answer it with these continuations, and see them shown."""
    await until(pilot, lambda: generator.requests)
    generator.answer(*texts)
    await until(pilot, lambda: "done" in status_line(app))


async def test_beam_candidates_stand_side_by_side_with_their_log_probs(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    run = lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", "beam:k=3")
        await until(pilot, lambda: generator.requests)
        request = generator.requests[0]
        assert request.run == str(run.paths.root.resolve())
        assert (request.prompt, request.decoders, request.seed) == ("Once", ["beam:k=3"], 1)
        generator.answer(" upon", " up in", " more")
        await until(pilot, lambda: "done" in status_line(app))
        heads = [str(c.query_one(".head", Static).render()) for c in app.screen.query(Candidate)]
        assert ["beam:k=3 #1" in heads[0], "-1.0" in heads[0], "-3.0" in heads[2]] == [True] * 3
        bodies = [c.query(Static).last().render() for c in app.screen.query(Candidate)]
        assert [str(body) for body in bodies] == ["Once upon", "Once up in", "Once more"]
        xs = [candidate.region.x for candidate in app.screen.query(Candidate)]
        assert len(set(xs)) == 3


async def test_a_classifier_answers_in_one_column_whatever_the_decoders(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha", task="classify", val_accuracy=0.875)
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "A fine film", "no-decoder beam:k=3")
        await answered(pilot, app, generator, "\ngood  97.0%\nbad  3.0%")
        assert generator.requests[0].decoders == []
        [column] = app.screen.query(Candidate)
        assert "classes #1" in str(column.query_one(".head", Static).render())
        body = str(column.query(Static).last().render())
        assert "good  97.0%" in body
        assert app.screen.query_one(PromptPane).border_title == "Classify with alpha"
        assert "87.5% of the documents" in str(
            app.screen.query_one(Details).query_one(Static).render()
        )


async def test_letters_are_shown_with_their_log_probs(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "a", "greedy")
        await answered(pilot, app, generator, "bc")
        await pilot.press("escape", "t")
        body = app.screen.query_one(Candidate).query(Static).last()
        await until(pilot, lambda: "-0.50" in str(body.render()))
        assert str(body.render()).startswith("b")


@pytest.mark.parametrize("text", ["[applause]", "[/bold]", "\x1b[31mred", "😀 [b]x"])
async def test_foreign_text_is_shown_as_it_is(
    lab: Lab, app: LabApp, generator: FakeGenerator, text: str
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "x", "greedy")
        await answered(pilot, app, generator, text)
        shown = str(app.screen.query_one(Candidate).query(Static).last().render())
        assert shown == "x" + text.replace("\x1b", "␛")


async def test_a_bad_spec_is_said_and_nothing_is_asked(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "x", "beem:k=3")
        await until(pilot, lambda: "did you mean 'beam'" in status_line(app))
        assert generator.requests == []


async def test_a_quoted_value_of_a_decoder_keeps_its_blanks(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "x", 'greedy:stop=". I|!"  beam:k=2')
        await until(pilot, lambda: generator.requests)
        assert generator.requests[0].decoders == ['greedy:stop=". I|!"', "beam:k=2"]


async def test_only_the_same_prompt_asked_again_is_read_by_its_nearest_letters(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "x", "greedy")
        await until(pilot, lambda: len(generator.requests) == 1)
        generator.say(Failed(1, "the model never saw 'x'", can_be_nearest=True))
        await until(pilot, lambda: "enter again" in status_line(app))
        await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 2)
        await pilot.press("y", "enter")
        await until(pilot, lambda: len(generator.requests) == 3)
        assert [r.unknown for r in generator.requests] == ["auto", "nearest", "auto"]


async def test_escape_cancels_and_goes_back_to_the_runs(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "x", "greedy")
        await until(pilot, lambda: generator.requests)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: generator.num_cancelled)
        assert app.focused is table(app)
        generator.say(Ended(1, was_cancelled=True, elapsed_s=0.1))
        await until(pilot, lambda: "given up" in status_line(app))


async def test_letters_typed_into_the_prompt_start_nothing(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"spqnrk?")
        assert app.screen.query_one("#prompt", Input).value == "spqnrk?"
        assert isinstance(app.screen, LabScreen)
        assert collect(run.paths.mailbox) == []


async def test_up_brings_back_an_earlier_prompt(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "first", "greedy")
        await until(pilot, lambda: len(generator.requests) == 1)
        field = app.screen.query_one("#prompt", Input)
        field.value = "draft"
        await pilot.press("up")
        assert field.value == "first"
        await pilot.press("down")
        assert field.value == "draft"


async def test_backslash_n_asks_for_a_new_line(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "A.\\n", "greedy")
        await until(pilot, lambda: generator.requests)
        assert generator.requests[0].prompt == "A.\n"


async def test_a_dead_generator_is_said(lab: Lab, app: LabApp) -> None:
    from rnnlab.tui.messages import GeneratorDied

    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        app.post_message(GeneratorDied("No module named 'torch'"))
        await until(pilot, lambda: "No module named 'torch'" in status_line(app))


async def test_decoders_are_chosen_from_the_list(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        app.screen.query_one(PromptPane).form.set_decoders(["beam:k=2"])
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, DecodersScreen))
        await pilot.press("down", "space", "enter")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        field = app.screen.query_one("#decoders", Input)
        after_beam = next(name for name in registry.names("decoding") if name != "beam")
        await until(pilot, lambda: field.value == f"beam:k=2 {after_beam}")


async def test_copy_takes_the_focused_answer(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "a", "beam:k=2")
        await answered(pilot, app, generator, "b", "c")
        list(app.screen.query(Candidate))[1].focus()
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard == "ac")


async def test_quitting_while_something_trains_asks_and_leaves_it(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "●" in row_text(app, "alpha") if table(app).row_count else False)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    assert collect(run.paths.mailbox) == []


async def test_quitting_when_nothing_trains_does_not_ask(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)


@pytest.mark.parametrize("width", [100, 200])
async def test_the_help_names_every_action(app: LabApp, width: int) -> None:
    async with app.run_test(size=(width, 120)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        # The screen is there before it is painted.
        await until(pilot, lambda: "ctrl+p" in app.export_screenshot())
        shown = app.export_screenshot().replace("&#160;", " ").replace("&#x27;", "'")
        for group in LabScreen.GROUPS:
            assert group.title in shown
            for action in group.actions:
                assert action.help in shown, action.help


async def test_the_help_begins_with_the_focused_pane_and_ends_with_the_others(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        panes = [group.pane for group in app.page.groups_of_focus_first()]
        assert panes[0] == "runs"
        assert sorted(panes[1:], key=bool) == panes[1:]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Input))
        panes = [group.pane for group in app.page.groups_of_focus_first()]
        assert sorted(panes, key=bool) == panes, "none of the panes with keys has the focus"


@pytest.mark.parametrize("key", ["f2", "f12"])
async def test_nothing_is_cut_at_the_top_and_the_bottom(app: LabApp, key: str) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        line = app.page.query_one(KeysLine)
        await until(pilot, lambda: line.shown)
        bar = str(app.page.query_one(ScreenBar).render())
        assert f"{key.upper()} {entry(app.page.entry_name).title}" in bar
        assert len(bar) < 80
        assert sum(key.width for key in line.shown) == cell_len(str(line.render())) <= 80
        assert "Help" in [key.label for key in line.shown]


async def test_full_screen_shows_one_pane_alone(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        app.screen.query_one(PlotGrid).focus()
        await pilot.press("f")
        await pilot.pause()
        assert app.screen.query_one(PlotGrid).region.width == 120
        assert not table(app).region
        await pilot.press("f")
        await pilot.pause()
        assert table(app).region


async def test_panes_are_hidden_and_come_back(lab: Lab, app: LabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await pilot.pause()
        assert not app.screen.query_one(PromptPane).region
        await pilot.press("0")
        await pilot.pause()
        assert app.screen.query_one(PromptPane).region


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_every_pane_has_room(lab: Lab, app: LabApp, size: tuple[int, int]) -> None:
    lab.add("alpha")
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        regions = [
            app.screen.query_one(pane).region
            for pane in (RunsTable, app.screen.query_one("#plot-loss", ChartPane).__class__)
        ]
        regions.append(app.screen.query_one(CandidateBoard).region)
        assert all(region.width >= 24 and region.height >= 4 for region in regions)


async def test_the_palette_runs_an_action(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"Save")
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count)
        await pilot.press("enter")
        commands: list[Command] = []
        await until(pilot, lambda: mail(run.paths.mailbox, commands))
    assert [command.action for command in commands] == ["checkpoint"]


async def test_keys_that_come_in_a_burst_land_where_the_focus_has_moved_to(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        for key in ("enter", "s", "p", "tab", "end", "x", "escape", "g"):
            character = key if len(key) == 1 else None
            app.post_message(events.Key(key, character))  # none waits for the one before
        await until(pilot, lambda: app.focused is table(app))
        await until(pilot, lambda: home(app).plots.children[0].id == "plot-grad-norm")
        assert app.screen.query_one("#prompt", Input).value == "sp"
        assert app.screen.query_one("#decoders", Input).value.endswith("x")
        assert collect(run.paths.mailbox) == []


async def test_a_run_removed_elsewhere_is_said_when_it_is_prompted(
    lab: Lab, app: LabApp, generator: FakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(name: str) -> Run:
        raise UnknownNameError("run", name, [])

    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        monkeypatch.setattr(lab.store, "open", gone)
        await ask(pilot, app, "x", "greedy")
        await until(pilot, lambda: "unknown run 'alpha'" in status_line(app))
        assert generator.requests == []


async def test_a_fault_of_the_disk_while_steering_is_said(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnnlab.runs import launch

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(launch, "take_lock", full)
    lab.add("alpha", "stopped")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await pilot.press("r")
        await until(pilot, lambda: app._notifications)
        assert "No space left on device" in next(iter(app._notifications)).message


async def test_curves_stay_when_the_cursor_goes_there_and_back_during_a_read(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        chosen = table(app).chosen
        assert chosen is not None
        away = {"alpha": "beta", "beta": "alpha"}[chosen.name]
        for watched in (away, chosen.name):
            app.desk.take(app._feed.read([watched]))
            home(app).take()
        assert "train 2.000" in chart(app, "loss")


async def test_settings_of_wrong_types_and_escapes_in_them_are_shown_harmlessly(
    lab: Lab, app: LabApp
) -> None:
    run = lab.add("alpha", device="cp\x1b[41mu")
    run.paths.config.write_text(
        'corpus = "c\\u001b]0;x"\ncell = "l\\u001b[5m"\nclip = "abc"\nlayers = "two"\n', "utf-8"
    )
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        body = app.screen.query_one(Details).query_one(Static)
        await until(pilot, lambda: "␛[41mu" in str(body.render()))
        for y in range(50):
            for strip in app.screen._compositor.render_strips()[y : y + 1]:
                assert "\x1b" not in strip.text


async def test_answers_of_another_run_are_said_to_be_its(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "x", "greedy")
        await answered(pilot, app, generator, "yz")
        asked = generator.requests[0].run.rpartition("/")[2]
        await pilot.press("escape")
        table(app).choose({"alpha": "beta", "beta": "alpha"}[asked])
        await until(pilot, lambda: f"written by {asked}" in status_line(app))


async def test_a_failed_prompt_says_why_where_its_answers_would_stand(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "x", "greedy")
        await answered(pilot, app, generator, "yz")
        await pilot.press("enter")
        await until(pilot, lambda: len(generator.requests) == 2)
        generator.say(Failed(2, "the model never saw 'Ω'"))
        await until(pilot, lambda: "never saw" in status_line(app))
        pane = app.screen.query_one(Candidate).query(Static).last()
        assert str(pane.render()) == "the model never saw 'Ω'"


async def test_the_charts_are_zoomed_panned_and_frozen_by_keys_and_say_so(
    lab: Lab, app: LabApp
) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "step · all" in chart(app, "loss"))
        home(app).plots.focus()
        await pilot.press("up")
        await until(pilot, lambda: "step · live" in chart(app, "loss"))
        assert home(app).plots.look.window.width == pytest.approx(20)
        await pilot.press("v")
        await until(pilot, lambda: "step · frozen" in chart(app, "loss"))
        lab.write(run, range(41, 61))
        lab.say(run, state="running", step=60)
        await until(pilot, lambda: app.desk.history("alpha").train[-1].step == 60)
        low, high = home(app).plots.look.window.low, home(app).plots.look.window.high
        assert (low, high) == (20, 40)
        await pilot.press("pageup")
        assert home(app).plots.look.window.high == pytest.approx(35)
        await pilot.press("a")
        await until(pilot, lambda: "step · all" in chart(app, "loss"))


async def test_the_cursor_is_shared_by_all_charts_and_escape_takes_it_away(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        home(app).plots.focus()
        await pilot.press("left", "left")
        await until(pilot, lambda: "at step 39" in chart(app, "loss"))
        assert "train 2.050" in chart(app, "loss")
        assert "at step 39" in chart(app, "grad-norm")
        await pilot.press("escape")
        await until(pilot, lambda: "at step" not in chart(app, "loss"))


async def test_curves_are_smoothed_by_keys(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        await pilot.press("plus", "plus")
        await until(pilot, lambda: "smoothed 0.8" in chart(app, "loss"))
        await pilot.press("minus", "minus")
        await until(pilot, lambda: "smoothed" not in chart(app, "loss"))


async def test_the_mouse_points_zooms_and_drags(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        pane = app.screen.query_one("#plot-loss", ChartPane)
        await pilot.click(pane, offset=(pane.size.width // 2, 5))
        await until(pilot, lambda: "at step" in chart(app, "loss"))
        cursor = home(app).plots.look.cursor
        assert cursor is not None
        assert 15 < cursor < 25
        pane.post_message(
            events.MouseScrollUp(pane, pane.size.width // 2, 5, 0, -1, 0, False, False, False)
        )
        await until(pilot, lambda: home(app).plots.look.window.mode == "frozen")
        low = home(app).plots.look.window.low
        await pilot.mouse_down(pane, offset=(30, 5))
        await pilot.hover(pane, offset=(50, 5))
        await pilot.mouse_up(pane, offset=(50, 5))
        await until(pilot, lambda: home(app).plots.look.window.low < low)


async def test_enter_in_the_charts_shows_one_of_them_or_all(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        home(app).plots.focus()

        def shown() -> int:
            return sum(pane.display for pane in app.screen.query(ChartPane))

        assert shown() > 1
        await pilot.press("enter")
        await until(pilot, lambda: shown() == 1)
        await pilot.press("enter")
        await until(pilot, lambda: shown() > 1)


async def test_panes_have_room_or_go_when_the_terminal_shrinks_below_a_dialog(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        screen = home(app)
        assert screen.details.display
        await pilot.press("slash")
        await until(pilot, lambda: app.screen is not screen)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: not screen.details.display)
        await until(pilot, lambda: screen.plots.size.width > 40)


async def test_escape_leads_from_the_text_to_the_candidates_and_then_to_the_runs(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await pilot.press("enter", "x", "enter")
        await until(pilot, lambda: generator.requests)
        generator.answer(" and more")
        await until(pilot, lambda: "done" in status_line(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.focused, Candidate))
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is table(app))
