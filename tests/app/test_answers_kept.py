"""Answers that stay while the text changes: said to be old, and shown from their beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.widgets import Static

from rnnlab.protocol.messages import Answer, Ended, Failed, Progress, Started
from rnnlab.runs.journal import Journal
from rnnlab.runs.records import SampleRecord
from rnnlab.tui.app import LabApp
from rnnlab.tui.prompting.board import CandidateBoard
from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.screens.beams import BeamsScreen
from rnnlab.tui.screens.prompt import PromptScreen
from rnnlab.tui.screens.timeline import TimelineScreen
from tests.toys.app_lab import home, until
from tests.toys.fake_generator import FakeGenerator
from tests.toys.prompting import ask, bodies, field, open_prompt, prompt_field, status

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab


async def test_answers_to_another_text_are_said_to_be_until_the_text_is_that_again(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
        board = app.page.query_one("#candidates")
        await pilot.press("x")
        await until(pilot, lambda: status(app).startswith("below: answers to 'Once' at step 40"))
        assert board.has_class("-stale")
        await pilot.press("f2")
        await until(pilot, lambda: app.page.entry_name == "lab")
        await until(pilot, lambda: status(app).startswith("below: answers to 'Once'"))
        await open_prompt(pilot, app)
        await pilot.press("backspace")
        await until(pilot, lambda: "done in" in status(app))
        assert not board.has_class("-stale")
        await pilot.press("f2")
        await until(pilot, lambda: app.page.entry_name == "lab")
        await pilot.press("i", "x")
        await until(pilot, lambda: status(app).startswith("below: answers to 'Once'"))
        await pilot.press("backspace")
        await until(pilot, lambda: "done in" in status(app))
        await open_prompt(pilot, app)
        field(app, "checkpoint").value = "best"
        await until(pilot, lambda: "answers to 'Once' at step 40" in status(app))
        await pilot.press("enter")
        await until(pilot, lambda: len(FakeGenerator.latest_made.requests) == 2)
        FakeGenerator.latest_made.answer(" more")
        await until(pilot, lambda: bodies(app) == ["Once more"] and "done in" in status(app))
        assert not board.has_class("-stale")


async def test_the_timeline_leaves_a_text_where_its_samples_have_none(
    lab: Lab, app: LabApp
) -> None:
    run = lab.add("alpha")
    with Journal(run.paths.samples) as journal:
        for prompt, decoder in (("", "greedy"), ("The [b]\n", "sample")):
            journal.append(SampleRecord(40, 1.0, 40, 0, prompt, decoder, "it", -3.0, 2))
    run.paths.weights(40).touch()
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
        await pilot.press("escape", "f6")
        await until(pilot, lambda: isinstance(app.page, TimelineScreen))
        timeline = cast(TimelineScreen, app.page)
        await until(pilot, lambda: len(timeline.query(".sample")) == 2)
        heads = [str(head.render()) for head in timeline.query(".head").results(Static)]
        assert ["without a prompt" in head for head in heads] == [True, False]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.page, PromptScreen))
        await until(pilot, lambda: "below: answers to 'Once'" in status(app))
        assert [prompt_field(app).text, field(app, "checkpoint").value] == ["Once", "40"]
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, TimelineScreen))
        timeline.query(".sample").last().focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.page, PromptScreen))
        assert prompt_field(app).text == "The [b]\n", "that of the sample that is read"


async def test_an_answer_that_is_all_there_is_shown_from_where_it_begins(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    text = " one two three four" * 160
    async with app.run_test(size=(80, 24)) as pilot:
        await ask(pilot, app, "Once", text)
        column = app.page.query_one(Candidate)
        await until(pilot, lambda: column.max_scroll_y > 0 == round(column.scroll_y))
        prompt = "A long time ago " * 60
        prompt_field(app).text = prompt
        await pilot.press("enter")
        await until(pilot, lambda: len(FakeGenerator.latest_made.requests) == 2)
        FakeGenerator.latest_made.answer(text)
        await until(pilot, lambda: bodies(app) == [prompt + text] and "done in" in status(app))
        column = app.page.query_one(Candidate)
        lines = Text(prompt).wrap(app.console, column.query(Static).last().size.width)
        wanted = len(lines) - 1
        await until(pilot, lambda: column.max_scroll_y > wanted == round(column.scroll_y))


async def test_an_empty_checkpoint_is_the_usual_one_and_a_refusal_is_not_pale(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        field(app, "checkpoint").value = ""
        await ask(pilot, app, "Once", " upon")
        board = app.page.query_one(CandidateBoard)
        assert not board.has_class("-stale")
        await pilot.press("x")
        await until(pilot, lambda: board.has_class("-stale"))
        await pilot.press("enter")
        generator = FakeGenerator.latest_made
        await until(pilot, lambda: len(generator.requests) == 2)
        generator.say(Failed(2, "the model never saw 'x'"))
        await until(pilot, lambda: not board.has_class("-stale") and "never saw" in status(app))


async def test_beams_say_what_is_old_too(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")

    def said() -> str:
        return str(app.page.query_one("#beam-status", Static).render())

    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.page, BeamsScreen) and "done, 5 tokens" in said())
        board = app.page.query_one(CandidateBoard)
        app.set_focus(prompt_field(app))
        await pilot.press("x")
        await until(pilot, lambda: said().startswith("below: answers to 'Once' at step 40"))
        assert board.has_class("-stale")
        await pilot.press("backspace")
        await until(pilot, lambda: "done, 5 tokens" in said())
        assert not board.has_class("-stale")


async def test_a_cancelled_answer_is_shown_from_where_it_begins_too_and_the_next_grows_at_its_end(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_prompt(pilot, app)
        field(app, "decoders").value = "greedy"
        generator = FakeGenerator.latest_made
        text = " one two three four" * 160
        figures = (list(text), [-0.1] * len(text))
        answer = Answer("greedy", ["greedy"], 1, text, text, False, -9.0, -9.0, *figures)

        def place() -> tuple[int, int]:
            """Return the line that is shown first, and the last one that could be."""
            columns = list(app.page.query(Candidate))
            return (round(columns[0].scroll_y), columns[0].max_scroll_y) if columns else (0, 0)

        for number in 1, 2:
            await pilot.press("enter")
            await until(pilot, lambda: len(generator.requests) == generator.latest)
            generator.say(Started(number, 40))
            generator.say(Progress(number, 0, [answer], is_last=False))
            await until(pilot, lambda: 0 < place()[1] == place()[0])
            generator.say(Ended(number, was_cancelled=True, elapsed_s=0.1))
            await until(pilot, lambda: place()[0] == 0 < place()[1])


async def test_a_screen_that_comes_later_says_how_it_ended_too(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press("i", *"Once", "enter")
        await until(pilot, lambda: FakeGenerator.latest_made.requests)
        FakeGenerator.latest_made.answer(" upon")
        await until(pilot, lambda: "done in" in status(app))
        await open_prompt(pilot, app)
        await until(pilot, lambda: "done in 0.1s at step 40" in status(app))
        await pilot.press("x")
        await until(pilot, lambda: status(app).startswith("below: answers to 'Once'"))
        await pilot.press("backspace")
        await until(pilot, lambda: "done in 0.1s" in status(app))
