"""A short form: shows problems, and closes with or without answers."""

from __future__ import annotations

import asyncio
import threading

import pytest
from textual import events
from textual.widgets import Button, Input, Static

from rnnlab.tui.shell.dialogs.form import Answers, Blank, FormScreen, Problem
from tests.toys.app_lab import until
from tests.toys.host import asked
from tests.toys.picture import lines

BLANKS = (Blank("name", "Name", "letters"), Blank("file", "File", "a text", "x.txt"))


def check(answers: Answers) -> Problem | None:
    return None if answers["name"] else Problem("name", "[b]nothing is written yet")


async def test_an_error_is_shown_and_its_field_focused_until_it_is_corrected() -> None:
    form = FormScreen("Add", "about it", BLANKS, "Add", check)
    async with asked(form) as (host, pilot):
        problem = form.query_one("#form-problem", Static)
        assert not problem.display
        await pilot.press("down", "enter")
        await until(pilot, lambda: problem.display)
        assert str(problem.render()) == "[b]nothing is written yet"
        assert form.focused is form.query_one("#blank-name")
        assert not host.results
        await pilot.press(*" abc ", "enter")
        await until(pilot, lambda: host.results)
        assert host.results == [{"name": "abc", "file": "x.txt"}]


@pytest.mark.parametrize(("width", "has_note"), [(50, False), (80, True)])
async def test_notes_leave_room_for_the_fields(width: int, has_note: bool) -> None:
    form = FormScreen("Change", "", [Blank("lr", "lr", "", "0.002", "the base rate")], "Change")
    async with asked(form, size=(width, 15)) as (host, pilot):
        await until(pilot, lambda: form.query_one("#blank-lr").size.width >= 10)
        assert ("the base rate" in "\n".join(lines(host))) is has_note


async def test_a_long_form_has_room_for_its_buttons_on_a_low_screen() -> None:
    blanks = [Blank(f"b{i}", f"b{i}", "") for i in range(6)]
    form = FormScreen("Change", "a line\nanother", blanks, "Change", preview=lambda _answers: "ok")
    async with asked(form, size=(50, 15)) as (host, pilot):
        await until(pilot, lambda: "Cancel (esc)" in "\n".join(lines(host)))


async def test_escape_and_the_button_leave_a_form_without_answers() -> None:
    for leave in ("escape", "#cancel"):
        form = FormScreen("Add", "about it", BLANKS, "Add", check)
        async with asked(form) as (host, pilot):
            form.query_one("#blank-name", Input).value = "abc"
            if leave == "escape":
                await pilot.press("escape")
            else:
                form.query_one(leave, Button).press()
            await until(pilot, lambda host=host: host.results)  # type: ignore[misc]
            assert host.results == [None], leave


async def test_a_form_that_is_left_while_it_is_checked_gives_no_answers() -> None:
    is_checking, may_end, has_ended = threading.Event(), threading.Event(), threading.Event()

    def check_slowly(answers: Answers) -> None:
        is_checking.set()
        may_end.wait(60.0)
        has_ended.set()

    form = FormScreen("Add", "about it", BLANKS, "Add", check_slowly)
    async with asked(form) as (host, pilot):
        try:
            host.post_message(events.Key("enter", "\r"))
            # Not `until`, which also waits for the form, which is busy.
            await asyncio.to_thread(is_checking.wait, 60.0)
            form.dismiss(None)
        finally:
            may_end.set()
        await until(pilot, lambda: not form.is_attached and has_ended.is_set())
        assert host.results == [None]
        assert host.is_running


async def test_a_strange_answer_is_asked_about_once() -> None:
    def doubt(answers: Answers) -> str:
        return "a strange name" if answers["name"] == "x" else ""

    form = FormScreen("Add", "", BLANKS, "Add", preview=lambda _answers: "fine", doubt=doubt)
    async with asked(form) as (host, pilot):
        await pilot.press("x")
        await until(pilot, lambda: "a strange name" in "\n".join(lines(host)))
        await pilot.press("enter")
        await until(pilot, lambda: "press enter again if you mean it" in "\n".join(lines(host)))
        assert not host.results
        form.tell("later", {})
        await pilot.press("backspace", "y", "backspace", "x")
        await pilot.press("enter")
        await until(pilot, lambda: host.results)
        assert host.results == [{"name": "x", "file": "x.txt"}]
