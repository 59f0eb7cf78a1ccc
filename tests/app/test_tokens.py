"""The token view: a tree of texts that is walked, branched from and passed to decoders."""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from rnnlab.decoding import TracedRow, TracedToken
from rnnlab.protocol.messages import (
    EOS,
    Answer,
    Distributions,
    Ended,
    Expand,
    Failed,
    Generate,
    Progress,
    Started,
)
from rnnlab.runs.store import Run
from rnnlab.tui.app import LabApp
from rnnlab.tui.screens.tokens import TokensScreen
from rnnlab.tui.state.prompt_session import ChosenAnswer
from tests.toys.app_lab import home, opened, until

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


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


async def open_screen(pilot: Pilot[None], app: LabApp) -> TokensScreen:
    return await opened(pilot, app, "f5", TokensScreen)


@asynccontextmanager
async def tokens_of(
    lab: Lab, app: LabApp, size: tuple[int, int]
) -> AsyncIterator[tuple[Pilot[None], TokensScreen]]:
    """Open the token view of a finished run."""
    lab.add("alpha")
    async with app.run_test(size=size) as pilot:
        yield pilot, await open_screen(pilot, app)


async def read(
    pilot: Pilot[None], screen: TokensScreen, generator: FakeGenerator, text: str
) -> None:
    """Read a text of one's own, with the decoder greedy, and go out of the field."""
    screen.query_one("#own-filters", Input).value = "greedy"
    await pilot.press(*text, "enter")
    await until(pilot, lambda: generator.looks)
    generator.look(*[ROW] * (len(text) + 1), chain=("top-p=0.9", "greedy"))
    await until(pilot, lambda: screen.editor.now.all_tokens == tuple(text))
    await pilot.press("escape")


def text_of(screen: TokensScreen) -> str:
    return "".join(screen.editor.now.all_tokens)


def status_of(screen: TokensScreen) -> str:
    return str(screen.query_one("#token-status", Static).render())


def expands(generator: FakeGenerator) -> list[Expand]:
    return [question for question in generator.questions if isinstance(question, Expand)]


def answer(decoder: str, text: str) -> Answer:
    logprobs = [-0.5] * len(text)
    return Answer(
        decoder, [decoder], 1, "ab" + text, text, False, sum(logprobs), 0.0, list(text), logprobs
    )


async def test_a_text_of_ones_own_is_stepped_through(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (120, 40)) as (pilot, screen):
        await read(pilot, screen, generator, "ab[")
        look = generator.looks[0]
        assert (look.prompt, look.tokens, look.checkpoint) == ("ab[", [], "live")
        assert app.focused is screen.tree_pane
        assert screen.editor.now.chosen is None, "what comes next is what one wants to know"
        await pilot.press("left")
        await until(pilot, lambda: screen.editor.now.chosen == "[")
        lines = screen.distribution.plain.splitlines()
        assert lines[0] == "model     entropy 1.44 bits, perplexity 2.7"
        assert lines[1] == "filtered  0.72 bits, perplexity 1.6, 2 tokens left"
        words = [word for word in lines[3].split() if "▇" not in word]
        assert words == ["b", "1", "60.00%", "80.00%"]
        assert lines[4].split()[:3] == ["▸[", "2", "30.00%"]
        assert lines[5].split()[-2:] == ["✗", "top-p"]
        chosen = [part.text for part in screen.distribution.lines[4] if part.style == "reverse"]
        assert "".join(chosen).startswith("▸[")
        await pilot.press("home", "left")
        assert screen.editor.now.place == 0
        await pilot.press("end")
        assert screen.editor.now.chosen is None


async def test_another_letter_branches_off_and_undo_brings_the_text_back(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (80, 24)) as (pilot, screen):
        await read(pilot, screen, generator, "abb")
        await pilot.press("home", "right", "down", "enter")
        await until(pilot, lambda: text_of(screen) == "a[")
        assert "2 branches" in status_of(screen)
        await pilot.press("left", "up")
        lines = screen.tree_pane.plain.splitlines()
        assert [line.split()[1] for line in lines[2:4]] == ["bb", "["], "both are listed"
        await pilot.press("right")
        await until(pilot, lambda: (text_of(screen), screen.editor.now.place) == ("abb", 2))
        await pilot.press("u", "u")
        assert len(screen.editor.leaves()) == 1
        await pilot.press("backspace")
        assert text_of(screen) == "a"
        await pilot.press("u")
        assert text_of(screen) == "abb"


async def test_the_neighbours_of_the_cursor_are_asked_for_once_and_need_no_further_question(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (80, 24)) as (pilot, screen):
        await read(pilot, screen, generator, "ab")
        await until(pilot, lambda: len(expands(generator)) == 1)
        asked = expands(generator)[0]
        assert (asked.prompt, asked.tokens, asked.ahead, asked.checkpoint) == ("ab", [], [], "40")
        generator.look_around(ROW, "b", "[", "\x1b", "bb")
        await until(pilot, lambda: screen.tokens.rows.get(screen.editor.current.child("[")))
        await pilot.press("down", "right")
        assert screen.tokens.shown_row() is not None, "nothing has been answered since"
        await until(pilot, lambda: len(expands(generator)) == 2)
        await pilot.press("left", "left", "left", "right")
        assert len(expands(generator)) == 2, "one question is open at a time"
        assert expands(generator)[1].tokens == ["["]
        generator.look_around(ROW, "b")
        await until(pilot, lambda: len(expands(generator)) == 3)
        assert (expands(generator)[2].prompt, expands(generator)[2].ahead) == ("a", [])


async def test_a_node_is_passed_to_several_decoders_whose_texts_come_back_as_branches(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (160, 40)) as (pilot, screen):
        await read(pilot, screen, generator, "ab[")
        await pilot.press("left", "B")
        await until(pilot, lambda: type(app.screen).__name__ == "DecodersScreen")
        app.screen.query_one("#specs", Input).value = "greedy nucleus:p=0.9"
        app.screen.query_one("#specs").focus()
        await pilot.press("enter")
        await until(pilot, lambda: generator.requests)
        request = generator.requests[0]
        assert (request.prompt, request.num) == ("ab", 1), "the text before the cursor"
        assert request.decoders == ["greedy", "nucleus:p=0.9"]
        generator.say(Started(request.ask, 40))
        generator.say(Progress(request.ask, 0, [answer("greedy", "xy")], is_last=True))
        generator.say(Progress(request.ask, 1, [answer("nucleus:p=0.9", "xz")], is_last=True))
        generator.say(Ended(request.ask, was_cancelled=False, elapsed_s=0.1))
        await until(pilot, lambda: text_of(screen) == "abxy")
        generator.look(*[ROW] * 4)  # the other filters were asked for when the text was "ab["
        assert len(screen.editor.leaves()) == 3
        await until(pilot, lambda: "[nucleus:p=0.9]" in screen.tree_pane.plain)
        assert "[greedy]" in screen.tree_pane.plain
        texts = []
        for _ in range(3):
            await pilot.press("full_stop")
            texts.append(text_of(screen))
        assert sorted(texts) == ["ab[", "abxy", "abxz"]
        await pilot.press("u", "u", "u", "u")
        assert (text_of(screen), len(screen.editor.leaves())) == ("ab[", 1)


async def test_the_decoder_continues_the_end_of_the_text(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (120, 40)) as (pilot, screen):
        await read(pilot, screen, generator, "ab")
        await pilot.press("X")
        await until(pilot, lambda: generator.requests)
        request = generator.requests[0]
        assert isinstance(request, Generate)
        assert (request.prompt, request.decoders, request.num) == ("ab", ["greedy"], 1)
        generator.answer("[x")
        await until(pilot, lambda: text_of(screen) == "ab[x")
        await pilot.press("b")
        await until(pilot, lambda: "ab[x" in screen.text.plain)
        assert app.focused is screen.text


async def test_a_candidate_is_opened_with_the_weights_that_wrote_it(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        written = Answer(
            "beam:k=2", ["beam"], 2, "Oncea[", "a[", False, -1.0, -1.0, ["a", "["], [-0.5, -0.5],
            "Once",
        )  # fmt: skip
        app.state.session.subject = ChosenAnswer("alpha", 30, written)
        screen = await open_screen(pilot, app)
        await until(pilot, lambda: generator.looks)
        look = generator.looks[0]
        assert (look.prompt, look.tokens) == ("Once", ["a", "["])
        assert (look.checkpoint, look.decoder) == ("30", "beam:k=2")
        generator.look(*[ROW] * 7, step=30)
        await until(pilot, lambda: screen.editor.now.place == 4)
        assert screen.editor.now.chosen == "a"


async def test_foreign_text_is_shown_letter_by_letter(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (80, 24)) as (pilot, screen):
        await read(pilot, screen, generator, "a")
        await pilot.press("b")
        for num, text in enumerate(("[/bold]", "\x1b[31mred", "😀x"), 2):
            screen.tokens.begin("alpha", text, ())
            screen.tokens.read()
            await until(pilot, lambda num=num: len(generator.looks) == num)  # type: ignore[misc]
            generator.look(*[ROW] * (len(text) + 1))
            await until(
                pilot,
                lambda text=text: screen.editor.now.all_tokens == tuple(text),  # type: ignore[misc]
            )
            for has_marks in (False, True):
                screen.text.has_marks = has_marks
                screen.show_place()
                assert text.replace("\x1b", "␛") in screen.text.plain
            await pilot.press("end")
            assert text.replace("\x1b", "␛") in screen.tree_pane.plain or not screen.has_class(
                "-tree"
            )


async def test_without_a_text_the_screen_says_what_to_do(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (80, 24)) as (pilot, screen):
        for shown in (status_of(screen), screen.tree_pane.plain):
            assert "press i and write one" in shown
        assert screen.distribution.plain == ""
        await pilot.press("escape", "i", "x")
        assert screen.query_one("#own-text", Input).value == "x"
        assert generator.looks == []


async def test_a_classifier_has_nothing_to_show_and_the_screen_says_where_to_go(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("judge", task="classify")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_screen(pilot, app)
        assert "judge is a classifier" in status_of(screen)
        await pilot.press("a", "enter")
        assert "F3" in status_of(screen)
        assert generator.questions == []


async def test_after_enter_the_focus_stays_in_the_text_and_escape_goes_to_the_tree_then_home(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (80, 24)) as (pilot, screen):
        await pilot.press("a", "enter")
        await until(pilot, lambda: generator.looks)
        generator.look(ROW, ROW)
        await until(pilot, lambda: text_of(screen) == "a")
        assert app.focused is screen.query_one("#own-text")
        await pilot.press("escape")
        assert app.focused is screen.tree_pane
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is home(app))


async def test_a_paste_of_several_lines_is_taken_whole(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (80, 24)) as (pilot, screen):
        from textual import events

        app.post_message(events.Paste("one\ntwo\\n"))
        field = screen.query_one("#own-text", Input)
        await until(pilot, lambda: field.value)
        assert field.value == r"one\ntwo\\n"
        await pilot.press("enter")
        await until(pilot, lambda: generator.looks)
        assert generator.looks[0].prompt == "one\ntwo\\n"


async def test_distributions_of_older_weights_are_dimmed_until_they_are_read_again(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    run: Run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_screen(pilot, app)
        await read(pilot, screen, generator, "ab")
        assert not screen.distribution.has_class("-stale")
        lab.say(run, state="running", step=90, created=1.0)
        await until(pilot, lambda: screen.distribution.has_class("-stale"))
        assert "step 40; the run is at 90" in str(screen.distribution.border_subtitle)
        assert screen.tree_pane.has_class("-stale")
        await pilot.press("R")
        await until(pilot, lambda: len(generator.looks) == 2)
        assert generator.looks[1].checkpoint == "live", "not the pinned step"
        generator.look(ROW, ROW, ROW, step=90)
        await until(pilot, lambda: not screen.distribution.has_class("-stale"))


async def test_the_filters_of_each_decoder_can_be_compared(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (120, 40)) as (pilot, screen):
        await pilot.press("a", "enter")
        await until(pilot, lambda: generator.looks)
        assert generator.looks[0].decoder == "nucleus:p=0.9", "the first one with filters"
        generator.look(ROW, ROW)
        await until(pilot, lambda: text_of(screen) == "a")
        assert "nucleus:p=0.9 (2 of 3, D next)" in str(screen.distribution.border_title)
        await pilot.press("escape", "D")
        await until(pilot, lambda: len(generator.looks) == 2)
        assert generator.looks[1].decoder == "beam:k=5"


async def test_an_invalid_decoder_is_an_error_in_the_status_line(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (120, 40)) as (pilot, screen):
        screen.query_one("#own-filters", Input).value = "greedi"
        await pilot.press("a", "enter")
        await until(pilot, lambda: "greedi" in status_of(screen))
        assert generator.questions == []


async def test_a_run_without_a_checkpoint_is_asked_for_its_last_one_once(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (80, 24)) as (pilot, screen):
        await pilot.press("a", "enter")
        for num in (1, 2):
            await until(pilot, lambda num=num: len(generator.looks) == num)  # type: ignore[misc]
            ask = generator.looks[-1].ask
            generator.say(Failed(ask, "no checkpoint yet", is_checkpoint_missing=True))
        await until(pilot, lambda: status_of(screen) == "no checkpoint yet")
        assert [q.checkpoint for q in generator.looks] == ["live", "last"]


async def test_the_end_is_no_letter_and_nothing_can_follow_it(
    lab: Lab,
    app: LabApp,
    generator: FakeGenerator,
    monkeypatch: pytest.MonkeyPatch,
    said: list[str],
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(LabApp, "copy_to_clipboard", lambda _self, text: copied.append(text))
    async with tokens_of(lab, app, (80, 24)) as (pilot, screen):
        await read(pilot, screen, generator, "ab")
        screen.editor.grow(screen.editor.current, [("greedy", ["c", EOS], [-1.0, -1.0])])
        await pilot.press("end", "X", "c")
        await until(pilot, lambda: copied == ["abc"])
        assert generator.requests == []
        await until(pilot, lambda: any("the text has ended" in one for one in said))


async def test_the_first_weights_are_waited_for_and_escape_ends_the_wait(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha", "starting")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_screen(pilot, app)
        await pilot.press("a", "enter")
        await until(pilot, lambda: generator.looks)
        assert "waiting for the first weights of alpha" in status_of(screen)
        await pilot.press("escape")
        await until(pilot, lambda: generator.num_cancelled)
        generator.say(Ended(generator.latest, was_cancelled=True, elapsed_s=0.1))
        await until(pilot, lambda: "cancelled" in status_of(screen))
        assert isinstance(app.screen, TokensScreen)


async def test_a_long_text_is_asked_for_with_shorter_lists(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    async with tokens_of(lab, app, (80, 24)) as (pilot, screen):
        screen.query_one("#own-text", Input).value = "ab" * 2000
        await pilot.press("enter")
        await until(pilot, lambda: generator.looks)
        look = generator.looks[0]
        assert isinstance(look, Distributions)
        assert look.num_shown == 2
        generator.look(*[ROW] * 4001)
        await until(pilot, lambda: len(screen.editor.path) == 4000)
        await pilot.press("left", "left")
        assert re.search("…[ab]{20}", screen.tree_pane.plain)
        await until(pilot, lambda: expands(generator))  # the lists around the cursor come whole
