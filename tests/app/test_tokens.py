"""The token view: a tree of texts that is walked, branched from and passed to decoders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from rnnlab.protocol.messages import (
    EOS,
    Distributions,
)
from rnnlab.tui.app import LabApp
from tests.toys.app_lab import home, until
from tests.toys.reading_tokens import (
    ROW,
    expands,
    open_screen,
    read,
    status_of,
    text_of,
    tokens_of,
)

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


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
