"""Answers and the fields they were asked with: said to be old, found again at the next start."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from rnnlab.protocol.messages import Answer, Ended, Failed, Progress, Reply, Started
from rnnlab.runs.journal import Journal
from rnnlab.runs.records import SampleRecord
from rnnlab.runs.rename import rename
from rnnlab.tui.app import LabApp
from rnnlab.tui.prompting.board import CandidateBoard
from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.prompting.pane import PromptPane
from rnnlab.tui.screens.beams import BeamsScreen
from rnnlab.tui.screens.prompt import PromptScreen
from rnnlab.tui.screens.timeline import TimelineScreen
from rnnlab.tui.state.prompt_session import PromptRequest, PromptSession, SavedSession
from tests.toys.answering_generator import AnsweringGenerator
from tests.toys.app_lab import WORLD, home, until
from tests.toys.fake_generator import FakeGenerator
from tests.toys.fixed_lab import CountedFeed

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab, OpenLab

RECALLED_BY = 2
"""Reads of the runs: the app restores the last answers between the first one and the second."""


def status(app: LabApp) -> str:
    return str(app.page.query_one("#prompt-status", Static).render())


def field(app: LabApp, name: str) -> Input:
    return app.page.query_one(f"#{name}", Input)


def prompt_field(app: LabApp) -> TextArea:
    return app.page.query_one("#prompt", TextArea)


def bodies(app: LabApp) -> list[str]:
    parts = [list(one.query(Static)) for one in app.page.query(Candidate)]
    return [str(texts[-1].render()) for texts in parts if texts]


async def open_prompt(pilot: Pilot[None], app: LabApp) -> None:
    await until(pilot, lambda: home(app).table.row_count)
    await pilot.press("f3")
    await until(pilot, lambda: isinstance(app.screen, PromptScreen) and app.focused)


async def ask(pilot: Pilot[None], app: LabApp, prompt: str, *texts: str) -> None:
    """Ask greedily on the prompt screen and be answered."""
    await open_prompt(pilot, app)
    field(app, "decoders").value = "greedy"
    prompt_field(app).text = prompt
    await pilot.press("enter")
    await until(pilot, lambda: FakeGenerator.latest_made.requests)
    FakeGenerator.latest_made.answer(*texts)
    await until(pilot, lambda: "done in" in status(app))


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


@pytest.mark.parametrize("checkpoint", ["best", "40"])
async def test_fields_and_answers_are_restored_at_the_next_start(
    lab: Lab, open_lab: OpenLab, tmp_path: Path, checkpoint: str
) -> None:
    lab.add("alpha")
    outside = replace(WORLD, make_generator=AnsweringGenerator)
    view = tmp_path / "state" / "view-1.json"
    values = {"decoders": "beam:k=3", "length": "77", "seed": "5", "checkpoint": checkpoint}
    prompt = "[b]Once\\n\n\\"
    app = open_lab(view_file=view, outside=outside)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_prompt(pilot, app)
        for name, value in values.items():
            field(app, name).value = value
        prompt_field(app).text = prompt
        await pilot.press("enter")
        await until(pilot, lambda: "done in" in status(app))
        written, traced = bodies(app), app.state.session.searches[0].hypotheses
    assert (tmp_path / "state" / "answers-1.jsonl").stat().st_mode & 0o77 == 0, "for its owner only"
    app = open_lab(view_file=view, outside=outside)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bodies(app) == written)
        await until(
            pilot,
            lambda: "previous session: done in 0.2s at step" in status(app),
        )
        assert {name: field(app, name).value for name in values} == values
        assert prompt_field(app).text == prompt
        assert app.state.session.searches[0].hypotheses == traced
        assert not FakeGenerator.latest_made.requests
        before = (tmp_path / "state" / "answers-1.jsonl").stat().st_mtime_ns
    assert (tmp_path / "state" / "answers-1.jsonl").stat().st_mtime_ns == before, "another lab's"


async def test_answers_of_a_removed_run_are_not_shown_again(
    lab: Lab, open_lab: OpenLab, tmp_path: Path
) -> None:
    alpha = lab.add("alpha")
    app = open_lab(view_file=tmp_path / "view-1.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
    lab.store.remove(alpha)
    lab.add("beta")
    feed = CountedFeed(lab.store)
    outside = replace(WORLD, make_poller=lambda _store: feed)
    app = open_lab(view_file=tmp_path / "view-1.json", outside=outside)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: feed.num_reads >= RECALLED_BY)
        assert app.state.session.request is None


async def test_what_is_asked_before_or_while_the_last_answers_come_is_not_mixed_with_them(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    old = PromptRequest("alpha", "Before", ())
    replies: list[Reply] = [
        Started(0, 1),
        Progress(0, 0, [], is_last=True),
        Ended(0, was_cancelled=False, elapsed_s=9.0),
    ]
    last = SavedSession(old, replies)
    new = PromptRequest("alpha", "Once", ())
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
        session = app.state.session
        await session.recall(last)
        assert session.request is not None
        assert session.request.prompt == "Once"

    class Hasty:
        """Asks something else at the first word."""

        async def on_reply(self, reply: Reply) -> None:
            if isinstance(reply, Started):
                session.begin(new)

    session = PromptSession()
    session.attach(Hasty())
    await session.recall(last)
    assert (session.request, session.answers, session.is_over) == (new, {}, False)
    assert not session.is_recalled


async def test_answers_recalled_before_the_prompt_is_mounted_are_shown_in_it(
    lab: Lab, open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lab.add("alpha")
    app = open_lab(view_file=tmp_path / "view-1.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
    feed = CountedFeed(lab.store)
    mount = PromptPane.on_mount

    async def mount_late(pane: PromptPane) -> None:
        while feed.num_reads < RECALLED_BY:
            await asyncio.sleep(0.01)
        mount(pane)

    monkeypatch.setattr(PromptPane, "on_mount", mount_late)
    outside = replace(WORLD, make_poller=lambda _store: feed)
    app = open_lab(view_file=tmp_path / "view-1.json", has_outline=True, outside=outside)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: feed.num_reads >= RECALLED_BY)
        await until(pilot, lambda: bodies(app) == ["Once upon"])


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


async def test_the_view_and_the_answers_are_saved_when_the_terminal_hangs_up(
    lab: Lab, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab.add("alpha")
    view = tmp_path / "view-1.json"
    codes: list[int] = []
    app = open_lab(view_file=view, outside=replace(WORLD, leave=codes.append))
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
        signal.raise_signal(signal.SIGHUP)
        await until(pilot, lambda: codes)
        assert codes == [128 + signal.SIGHUP]
        kept = json.loads(view.read_text("utf-8"))
        assert (kept["chosen"], kept["fields"]["prompt"]) == ("alpha", "Once")
        assert "upon" in (tmp_path / "answers-1.jsonl").read_text("utf-8")


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


async def test_answers_pin_and_selection_come_back_after_the_run_was_renamed(
    lab: Lab, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab.add("alpha")
    app = open_lab(view_file=tmp_path / "view-1.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Once", " upon")
        app.state.toggle_pins(["alpha"])
        app.state.selected = ("alpha",)
    rename(lab.store, lab.store.open("alpha"), "beta")
    app = open_lab(view_file=tmp_path / "view-1.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bodies(app) == ["Once upon"])
        assert (app.state.view.pinned, app.state.selected) == (["beta"], ("beta",))
        assert app.state.chosen_name == "beta"
        assert app.state.session.request is not None
        assert app.state.session.request.run == "beta"
