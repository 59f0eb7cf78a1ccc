"""A pane with a scrolling text: drawn only if it has changed, and at the end if it follows it."""

from __future__ import annotations

import pytest
from rich.text import Text
from textual.widgets import Static

from rnnlab.tui.run_view.facts_pane import FactsPane
from tests.toys.host import shown


async def test_the_same_text_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pane = FactsPane("facts", "Facts")
    async with shown(pane):
        drawn: list[object] = []
        monkeypatch.setattr(Static, "update", lambda _body, text: drawn.append(text))
        for style in ("", "", "bold", "bold"):
            pane.show(Text("[b] text", style))
        assert len(drawn) == 2
        assert pane.text == "[b] text"


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
