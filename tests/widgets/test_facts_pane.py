"""A pane with a scrolling text: drawn only if it has changed, and at the end if it follows it."""

from __future__ import annotations

import pytest
from rich.text import Text
from textual.widgets import Static

from rnnlab.tui.run_view.facts_pane import FactsPane, hanging
from tests.toys.host import shown
from tests.toys.picture import lines


async def test_the_same_text_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pane = FactsPane("facts", "Facts")
    async with shown(pane):
        drawn: list[object] = []
        monkeypatch.setattr(Static, "update", lambda _body, text: drawn.append(text))
        for style in ("", "", "bold", "bold"):
            pane.show(Text("[b] text", style))
        assert len(drawn) == 2
        assert pane.text == "[b] text"


async def test_a_long_command_continues_below_its_beginning_at_every_width() -> None:
    pane = FactsPane("facts", "Facts", indent=8)
    command = "command rnnlab train moliere.txt --cell lstm --hidden 128 --name m"
    async with shown(pane) as (host, pilot):
        pane.show(Text(f"{command}\nfolder  here"))
        for width in (80, 40):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
        rows = [row.strip("│").rstrip() for row in lines(host)]
        begin = next(i for i, row in enumerate(rows) if "command" in row)
        first, *others = rows[begin : next(i for i, row in enumerate(rows) if "folder" in row)]
        assert others
        assert {len(row) - len(row.lstrip()) for row in others} == {first.index("command") + 8}
        assert " ".join(first.split() + " ".join(others).split()) == command
        assert pane.text.startswith(f"{command}\n"), "what is copied is not broken"


def test_the_styles_of_a_broken_line_are_kept() -> None:
    text = Text().append("name    ", "dim").append("one two three", "bold").append("\n\nend")
    broken = hanging(text, 18, 8)
    assert broken.plain == "name    one two \n        three\n\nend"
    assert [str(span.style) for span in broken.spans if span.end - span.start == 5] == ["bold"]


def test_a_broken_line_of_wide_characters_fits() -> None:
    broken = hanging(Text("note    日本語の文 日本語の文é end"), 20, 8)
    assert broken.plain.split("\n") == [
        "note    日本語の文 ", "        日本語の文é ", "        end",
    ]  # fmt: skip


async def test_a_log_follows_its_end_until_the_user_scrolls_up() -> None:
    pane = FactsPane("log", "Log", follows_end=True)
    async with shown(pane) as (_, pilot):
        lines = "line\n" * 100
        pane.show(Text(lines))
        await pilot.pause()
        pane.show(Text(lines + "new"))
        await pilot.pause()
        assert pane.scroll_offset.y == pane.max_scroll_y > 0
        pane.scroll_to(y=5, animate=False)
        await pilot.pause()
        pane.show(Text(lines + "new\nnewer"))
        await pilot.pause()
        assert pane.scroll_offset.y == 5
        pane.rewind()
        await pilot.pause()
        assert pane.scroll_offset.y == pane.max_scroll_y
