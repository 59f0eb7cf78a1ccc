"""The beam board, and the token view that a candidate is opened in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from rnnlab.decoding import TracedAnswer, TracedHypothesis, TracedStep
from rnnlab.protocol.messages import (
    Answer,
    Ended,
    Progress,
    Started,
)
from rnnlab.tui.app import LabApp
from rnnlab.tui.beams.pruned_list import PrunedList
from rnnlab.tui.beams.search_tree import SearchTree
from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.screens.beams import BeamsScreen
from rnnlab.tui.state.search_trace import OVERTAKEN
from tests.toys.app_lab import home, opened, until

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator

WIDE = "beyond the beam's width"


def step(number: int, *made: tuple[int, int, str, float, str], is_last: bool = False) -> TracedStep:
    """Return a step of a beam: id, parent, token, log-prob and fate of what it made."""
    hypotheses = [
        TracedHypothesis(node, parent, token, logprob, logprob, logprob, fate)
        for node, parent, token, logprob, fate in made
    ]
    kept = [TracedAnswer(node, "length") for node, *_, fate in made if fate == "kept"]
    last: Literal["length"] | None = "length" if is_last else None
    return TracedStep(0, number, [], hypotheses, last, "", kept if is_last else [])


STEPS = (
    step(1, (1, 0, "a", -1.0, "kept"), (2, 0, "[", -1.5, "kept"), (3, 0, "x", -4.0, WIDE)),
    step(2, (4, 1, "b", -2.0, "kept"), (5, 1, "\x1b", -2.5, "kept"), (6, 2, "/", -9.0, WIDE),
         is_last=True),
)  # fmt: skip


def answer(rank: int, tokens: str, parts_at: int | None, end: str | None = None) -> Answer:
    logprobs = [-0.1, -1.0, -4.0, -0.5][: len(tokens)]
    total = sum(logprobs)
    return Answer(
        "beam:k=2", ["beam k=2"], rank, "Once" + tokens, tokens, False, total, total / 2,
        list(tokens), logprobs, "Once", end=end, parts_at=parts_at,
    )  # fmt: skip


async def open_beams(pilot: Pilot[None], app: LabApp, generator: FakeGenerator) -> BeamsScreen:
    """Open the board and ask there."""
    screen = await opened(pilot, app, "f4", BeamsScreen)
    screen.query_one("#decoders", Input).value = "greedy beam:k=2"
    screen.query_one("#prompt", TextArea).text = "Once"
    await pilot.press("enter")
    await until(pilot, lambda: generator.requests)
    return screen


def grow(generator: FakeGenerator, *answers: Answer, is_last: bool = False) -> None:
    generator.say(Progress(generator.latest, 1, list(answers), is_last))


def status_of(screen: BeamsScreen) -> str:
    return str(screen.query_one("#beam-status", Static).render())


def given_up(screen: BeamsScreen) -> str:
    return str(screen.query_one(PrunedList).render())


async def test_candidates_grow_with_their_story_and_what_was_given_up(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_beams(pilot, app, generator)
        assert "loading the model" in status_of(screen)
        generator.say(Started(1, 40))
        await until(pilot, lambda: len(screen.query(Candidate)) == 2)
        generator.trace(STEPS[0], decoder=1)
        grow(generator, answer(1, "ab", None), answer(2, "[", 0))
        await until(pilot, lambda: "growing, 2 tokens" in status_of(screen))
        assert "alpha at step 40; beam k=2" in status_of(screen)
        assert WIDE in given_up(screen)
        generator.trace(STEPS[1], decoder=1)
        grow(generator, answer(1, "ab", None, "length"), answer(2, "a\x1b", 1), is_last=True)
        generator.say(Ended(1, was_cancelled=False, elapsed_s=0.1))
        await until(pilot, lambda: "done, 2 tokens" in status_of(screen))
        heads = [str(c.query_one(".head", Static).render()) for c in screen.query(Candidate)]
        assert "best, score -0.55, max length" in heads[0]
        assert "differs from #1 at 2" in heads[1]
        bodies = [str(c.query(Static).last().render()) for c in screen.query(Candidate)]
        assert bodies == ["Onceab", "Oncea␛"]
        lines = given_up(screen).splitlines()
        assert len(lines) == 3
        assert lines[0].startswith("✗    2    -1.50 ø-1.50 [   all extensions pruned")
        assert "✗    2    -9.00 ø-4.50 [/" in lines[1]
        reasons = (OVERTAKEN, WIDE, WIDE)
        columns = {line.index(f"  {why}") for line, why in zip(lines, reasons, strict=True)}
        assert len(columns) == 1, "reasons stand in a column"
        assert screen.query_one(PrunedList).border_title == "Pruned: 3"


async def test_the_tree_comes_and_goes_on_its_key(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_beams(pilot, app, generator)
        generator.say(Started(1, 40))
        generator.trace(*STEPS, decoder=1)
        grow(generator, answer(1, "ab", None), answer(2, "a\x1b", 1), is_last=True)
        generator.say(Ended(1, was_cancelled=False, elapsed_s=0.1))
        await until(pilot, lambda: "done" in status_of(screen))
        screen.query(Candidate).first().focus()
        await pilot.press("b")
        tree = screen.query_one(SearchTree)
        await until(pilot, lambda: tree.region and not screen.board.display)
        assert str(tree.root.label) == "Oncea  -1.00"
        assert [str(node.label) for node in tree.root.children] == [
            "b  -2.00 length", "␛  -2.50 length",
        ]  # fmt: skip
        await pilot.press("b")
        await until(pilot, lambda: screen.board.display and not tree.display)


async def test_another_decoders_search_is_shown_and_escape_cancels_what_grows(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_beams(pilot, app, generator)
        generator.say(Started(1, 40))
        await until(pilot, lambda: screen.shown == 1)
        screen.query(Candidate).first().focus()
        await pilot.press("D")
        await until(pilot, lambda: screen.shown == 0 and len(screen.query(Candidate)) == 1)
        await pilot.press("escape")
        await until(pilot, lambda: generator.num_cancelled == 1)
        assert app.screen is screen
        generator.say(Ended(1, was_cancelled=True, elapsed_s=0.1))
        await until(pilot, lambda: app.state.session.is_over)
        for _ in range(2):
            await pilot.press("escape")
        await until(pilot, lambda: app.screen is home(app))
