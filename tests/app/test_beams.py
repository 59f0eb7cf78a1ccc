"""The beam board, and the token view that a candidate is opened in."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

import pytest
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from rnnlab.decoding import TracedAnswer, TracedHypothesis, TracedRow, TracedStep, TracedToken
from rnnlab.protocol.messages import (
    EOS,
    Answer,
    Distributions,
    DistributionsFound,
    Ended,
    Failed,
    Generate,
    Progress,
    Started,
)
from rnnlab.tui.app import LabApp
from rnnlab.tui.beams.pruned_list import PrunedList
from rnnlab.tui.beams.search_tree import SearchTree
from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.screens.beams import BeamsScreen
from rnnlab.tui.screens.tokens import TokensScreen
from rnnlab.tui.state.search_trace import OVERTAKEN
from rnnlab.tui.tokens.token_editor import EditedText
from tests.toys.app_lab import home, until

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
    await until(pilot, lambda: home(app).table.row_count)
    await pilot.press("f4")
    await until(pilot, lambda: isinstance(app.screen, BeamsScreen) and app.focused)
    assert isinstance(app.screen, BeamsScreen)
    app.screen.query_one("#decoders", Input).value = "greedy beam:k=2"
    app.screen.query_one("#prompt", TextArea).text = "Once"
    await pilot.press("enter")
    await until(pilot, lambda: generator.requests)
    return app.screen


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
        assert "reading" in status_of(screen)
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
        await pilot.press("s")
        await until(pilot, lambda: screen.shown == 0 and len(screen.query(Candidate)) == 1)
        await pilot.press("escape")
        await until(pilot, lambda: generator.num_cancelled == 1)
        assert app.screen is screen
        generator.say(Ended(1, was_cancelled=True, elapsed_s=0.1))
        await until(pilot, lambda: app.state.session.is_over)
        for _ in range(2):
            await pilot.press("escape")
        await until(pilot, lambda: app.screen is home(app))


# The token view


def row(*tokens: tuple[str, float, float | None, str]) -> TracedRow:
    listed = [
        TracedToken(t, math.log(p), None if q is None else math.log(q), fate)
        for t, p, q, fate in tokens
    ]
    num_left = sum(t.filtered_logprob is not None for t in listed)
    return TracedRow(0, 1.0, 0.5, num_left, listed)


ROW = row(
    ("b", 0.6, 0.8, "kept"), ("[", 0.3, 0.2, "not taken"), ("\x1b", 0.1, None, "dropped by top-p")
)


async def open_tokens(
    pilot: Pilot[None], app: LabApp, generator: FakeGenerator, text: str
) -> TokensScreen:
    """Look at a text of one's own."""
    await until(pilot, lambda: home(app).table.row_count)
    await pilot.press("f5")
    await until(pilot, lambda: isinstance(app.screen, TokensScreen) and app.focused)
    screen = app.screen
    assert isinstance(screen, TokensScreen)
    await pilot.press(*text, "enter")
    await until(pilot, lambda: generator.questions)
    generator.look(*[ROW] * (len(text) + 1), chain=("top-p=0.9", "greedy"))
    await until(pilot, lambda: screen.editor.now.all_tokens == tuple(text))
    return screen


def listed(screen: TokensScreen) -> list[str]:
    return str(screen.distribution.render()).splitlines()


async def test_a_text_of_ones_own_is_stepped_through(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_tokens(pilot, app, generator, "ab[")
        look = generator.questions[0]
        assert isinstance(look, Distributions)
        assert (look.prompt, look.tokens, look.checkpoint) == ("ab[", [], "live")
        assert app.focused is screen.text
        await pilot.press("right", "right")
        await until(pilot, lambda: screen.editor.now.chosen == "[")
        lines = listed(screen)
        assert lines[0] == "entropy 1.00 nats, perplexity 2.7"
        assert lines[1] == "filtered 0.50, perplexity 1.6, 2 tokens left"
        assert lines[3].startswith(" b     1  60.00%   80.00% ")
        assert lines[4].startswith("▸[     2  30.00%   20.00% ")
        assert lines[5].startswith(" ␛     3  10.00%          ")
        assert lines[5].endswith("✗ dropped by top-p")
        rendered = screen.distribution.render()
        assert isinstance(rendered, Text)
        (reverse,) = (span for span in rendered.spans if span.style == "reverse")
        assert rendered.plain[reverse.start : reverse.end] == lines[4].rstrip("▇")
        await pilot.press("end")
        assert screen.editor.now.chosen is None
        await pilot.press("home", "left")
        assert screen.editor.now.place == 0


async def test_another_letter_branches_off_and_undo_brings_the_text_back(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_tokens(pilot, app, generator, "abb")
        await pilot.press("right", "down", "enter")
        await until(pilot, lambda: len(generator.questions) == 2)
        look = generator.questions[1]
        assert isinstance(look, Distributions)
        assert (look.prompt, look.tokens, look.checkpoint) == ("a", ["["], "40")
        generator.look(ROW, ROW, ROW)
        await until(pilot, lambda: screen.editor.now.all_tokens == ("a", "["))
        await pilot.press("u")
        await until(pilot, lambda: len(generator.questions) == 3)
        assert "".join(screen.editor.now.all_tokens) == "abb"
        generator.look(*[ROW] * 4)
        await pilot.press("backspace")
        await until(pilot, lambda: len(generator.questions) == 4)
        assert "".join(screen.editor.now.all_tokens) == "a"


async def test_the_decoder_writes_on_and_what_it_wrote_can_be_looked_into(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_tokens(pilot, app, generator, "ab")
        await pilot.press("g")
        await until(pilot, lambda: generator.requests)
        request = generator.requests[0]
        assert isinstance(request, Generate)
        assert (request.prompt, request.decoders, request.num) == ("ab", ["greedy"], 1)
        generator.answer("[x")
        await until(pilot, lambda: len(generator.questions) == 3)
        look = generator.questions[2]
        assert isinstance(look, Distributions)
        assert (look.prompt, look.tokens) == ("ab", ["[", "x"])
        generator.look(*[ROW] * 5)
        await until(pilot, lambda: "b[" in str(screen.text.render()))


async def test_enter_on_a_candidate_opens_its_letters_with_the_weights_that_wrote_it(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_beams(pilot, app, generator)
        generator.say(Started(1, 40))
        grow(generator, answer(1, "ab", None), answer(2, "a[", 1), is_last=True)
        generator.say(Ended(1, was_cancelled=False, elapsed_s=0.1))
        await until(pilot, lambda: "done" in status_of(screen))
        screen.query(Candidate).last().focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TokensScreen))
        await until(pilot, lambda: len(generator.questions) == 2)
        look = generator.questions[1]
        assert isinstance(look, Distributions)
        assert (look.prompt, look.tokens) == ("Once", ["a", "["])
        assert (look.checkpoint, look.decoder) == ("40", "beam:k=2")
        generator.look(*[ROW] * 7)
        tokens = app.screen
        assert isinstance(tokens, TokensScreen)
        await until(pilot, lambda: tokens.editor.now.place == 4)


async def test_foreign_text_is_shown_letter_by_letter(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_tokens(pilot, app, generator, "a")
        for num, text in enumerate(("[/bold]", "\x1b[31mred", "😀x"), 2):
            screen.editor.begin(text, ())
            screen.ask_distributions()
            await until(pilot, lambda num=num: len(generator.questions) == num)  # type: ignore[misc]
            generator.look(*[ROW] * (len(text) + 1))
            await until(
                pilot,
                lambda text=text: screen.editor.now.all_tokens == tuple(text),  # type: ignore[misc]
            )
            for has_marks in (False, True):
                screen.text.has_marks = has_marks
                assert text.replace("\x1b", "␛") in str(screen.text.render())


async def test_a_run_without_a_checkpoint_is_asked_for_its_last_one_once(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_tokens(pilot, app, generator, "a")
        await pilot.press("slash", "enter")
        for ask in (2, 3):
            await until(pilot, lambda ask=ask: generator.latest == ask)  # type: ignore[misc]
            generator.say(Failed(ask, "no checkpoint yet", is_checkpoint_missing=True))
        status = screen.query_one("#token-status", Static)
        await until(pilot, lambda: str(status.render()) == "no checkpoint yet")
        assert [q.checkpoint for q in generator.questions[1:]] == ["live", "last"]


async def test_the_end_is_no_letter_and_a_long_text_is_put_together_once_a_step(
    lab: Lab,
    app: LabApp,
    generator: FakeGenerator,
    monkeypatch: pytest.MonkeyPatch,
    said: list[str],
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(LabApp, "copy_to_clipboard", lambda _self, text: copied.append(text))
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_tokens(pilot, app, generator, "ab")
        screen.editor.append(["c", EOS])
        await pilot.press("g", "c")
        await until(pilot, lambda: copied == ["abc"])
        assert generator.requests == []
        await until(pilot, lambda: any("the text has ended" in one for one in said))
        num_read = 0

        def count(edited: EditedText) -> tuple[str, ...]:
            nonlocal num_read
            num_read += 1
            return (*edited.prompt_tokens, *edited.tokens)

        monkeypatch.setattr(EditedText, "all_tokens", property(count))
        screen.editor.begin("", list("b" * 50))
        await screen.on_reply(
            DistributionsFound(1, 40, list("b" * 50), 0, 0, [asdict(ROW)] * 51, ["greedy"])
        )
        assert num_read < 10


async def test_the_first_weights_are_waited_for_and_escape_ends_the_wait(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha", "starting")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, TokensScreen))
        await pilot.press("a", "enter")
        await until(pilot, lambda: generator.questions)
        status = app.screen.query_one("#token-status", Static)
        assert "waiting for the first weights of alpha" in str(status.render())
        await pilot.press("escape")
        await until(pilot, lambda: generator.num_cancelled)
        generator.say(Ended(generator.latest, was_cancelled=True, elapsed_s=0.1))
        await until(pilot, lambda: "cancelled" in str(status.render()))
        assert isinstance(app.screen, TokensScreen)
