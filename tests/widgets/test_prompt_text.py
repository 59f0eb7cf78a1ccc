"""The text field of a prompt: several lines, a whole paste, a history."""

from __future__ import annotations

import pytest
from textual import events
from textual.binding import Binding
from textual.widgets import Input

from rnnlab.protocol.messages import MAX_SEED
from rnnlab.tui.prompting.form import PromptForm
from rnnlab.tui.prompting.prompt_text import MOST_ROWS, PromptText
from rnnlab.tui.state.prompt_session import PromptSession
from rnnlab.tui.state.weights import WEIGHTS_HINT
from tests.toys.app_lab import until
from tests.toys.host import Host, shown
from tests.toys.picture import lines

LINES = "Once upon\n\ta time\n\nthe [b]mayor[/b]"


def of_prompts(*prompts: str) -> PromptText:
    session = PromptSession()
    for prompt in prompts:
        session.history.add(prompt)
    return PromptText(session)


async def test_a_paste_of_several_lines_arrives_whole_and_enter_sends_it() -> None:
    field = of_prompts()
    async with shown(field) as (host, pilot):
        field.focus()
        host.post_message(events.Paste(LINES.replace("\n", "\r")))  # as terminals send it
        await until(pilot, lambda: field.text == LINES)
        await pilot.press("enter")
        [sent] = [one for one in host.messages if isinstance(one, PromptText.Submitted)]
        assert sent.text == LINES
        assert field.text == LINES


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter"])
async def test_a_key_inserts_a_line_break(key: str) -> None:
    field = of_prompts()
    async with shown(field) as (host, pilot):
        field.focus()
        await pilot.press("a", key, "b")
        assert field.text == "a\nb"
        assert not [one for one in host.messages if isinstance(one, PromptText.Submitted)]


async def test_the_field_grows_with_its_text_to_five_rows_and_says_so() -> None:
    field = of_prompts()
    async with shown(field) as (host, pilot):
        heights = []
        for num_lines in (1, 2, 5, 9, 1):
            field.text = "\n".join("x" * num_lines)
            await pilot.pause()
            heights.append(field.size.height)
        assert heights == [1, 2, MOST_ROWS, MOST_ROWS, 1]
        sizes = [one.num_rows for one in host.messages if isinstance(one, PromptText.Resized)]
        assert sizes == [2, 5, 1]
        field.text = "word " * 40
        await until(pilot, lambda: field.size.height == 3)


async def test_up_and_down_move_in_the_text_and_at_its_ends_go_through_the_history() -> None:
    field = of_prompts("first", "one\ntwo\nthree")
    async with shown(field) as (_host, pilot):
        field.focus()
        await pilot.press(*"my", "ctrl+j", *"draft", "up")
        assert (field.text, field.cursor_location[0]) == ("my\ndraft", 0)
        seen = []
        for key in ("up", "up", "up", "down", "down", "down", "down"):
            await pilot.press(key)
            seen.append((field.text, field.cursor_location))
        latest = "one\ntwo\nthree"
        assert seen == [
            (latest, (0, 3)),
            ("first", (0, 5)),
            ("first", (0, 5)),
            (latest, (2, 5)),
            ("my\ndraft", (1, 5)),
            ("my\ndraft", (1, 5)),
            ("my\ndraft", (1, 5)),
        ]


async def test_ctrl_u_deletes_everything_before_the_cursor() -> None:
    field = of_prompts()
    async with shown(field) as (_host, pilot):
        field.focus()
        field.set_text("one\ntwo\nthree")
        await pilot.press("left", "left", "ctrl+u")
        assert field.text == "ee"


async def test_control_characters_are_shown_as_symbols_and_sent_as_they_are() -> None:
    field = of_prompts()
    async with shown(field) as (host, pilot):
        field.set_text("a\x1b[41m\x07b")
        await pilot.pause()
        assert "a␛[41m␇b" in "\n".join(lines(host))
        assert field.text == "a\x1b[41m\x07b"


async def test_the_keys_of_screens_and_pages_are_not_taken_by_the_field() -> None:
    bindings = [one for one in PromptText.BINDINGS if isinstance(one, Binding)]
    keys = {key for binding in bindings for key in binding.key.split(",")}
    assert not keys & {"f6", "f7", "pageup", "pagedown", "ctrl+g", "ctrl+n", "ctrl+p"}
    assert {"up", "ctrl+z", "ctrl+k", "ctrl+w", "ctrl+left"} <= keys


def said(host: Host) -> list[str]:
    return [one.text for one in host.messages if isinstance(one, PromptForm.Said)]


async def test_the_form_sends_the_text_as_it_stands_and_keeps_it_for_other_screens() -> None:
    session = PromptSession()
    session.fields.prompt = "one\n\\n"
    form, other = PromptForm(session), PromptForm(session)
    async with shown(form) as (host, pilot):
        assert form.text == "one\n\\n"
        form.focus_prompt()
        await pilot.press("!")
        assert session.fields.prompt == "one\n\\n!"
        form.query_one("#checkpoint").focus()
        await until(pilot, lambda: said(host) == [WEIGHTS_HINT])
        form.focus_prompt()
        await until(pilot, lambda: said(host) == [WEIGHTS_HINT, ""])
        for field, unit in (("seed", "seed"), ("length", "chars")):
            form.query_one(f"#{field}", Input).value = ""
            form.send()
            await until(pilot, lambda unit=unit: said(host)[-1].startswith(unit))  # type: ignore[misc]
        assert said(host)[-2:] == [
            f"seed must be a whole number; enter 0 to {MAX_SEED}",
            "chars must be a whole number; enter 1 to 100000",
        ]
    async with shown(other):
        assert other.text == "one\n\\n!"
