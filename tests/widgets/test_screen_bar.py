"""The bar: every screen has its place at 80 columns, whichever is visible."""

from __future__ import annotations

import pytest
from rich.text import Text

from rnnlab.tui.messages import ScreenAsked
from rnnlab.tui.shell.screen_bar import ScreenBar
from rnnlab.tui.shell.screen_registry import entries
from tests.toys.host import Host, shown
from tests.toys.picture import lines


def line(host: Host, visible: str) -> Text:
    """Return the line while a screen is visible."""
    host.screen.entry_name = visible  # type: ignore[attr-defined]
    text = host.query_one(ScreenBar).render()
    assert isinstance(text, Text)
    return text


def underlined(text: Text) -> set[str]:
    return {text.plain[span.start : span.end] for span in text.spans if span.style == "underline"}


async def test_every_screen_is_named_at_80_columns_with_its_letter_underlined() -> None:
    async with shown(ScreenBar()) as (host, _):
        for visible in entries():
            text = line(host, visible.name)
            assert len(text.plain.rstrip()) <= 78
            assert [one.short_title for one in entries()] == text.plain.split()[1:]
            letters = {letter.lower() for letter in underlined(text)}
            assert letters == {one.go for one in entries()}


@pytest.mark.parametrize("width", [30, 50])
async def test_a_narrow_bar_names_as_many_as_fit_and_always_the_visible_one(width: int) -> None:
    async with shown(ScreenBar(), size=(width, 15)) as (host, _):
        for visible in entries():
            names = line(host, visible.name).plain.split()
            assert visible.short_title in names
            assert names[-2:] == ["…", "F1"]
            assert len(" ".join(names)) <= width - 2


async def test_a_wide_bar_names_the_keys_and_a_click_opens_a_screen() -> None:
    async with shown(ScreenBar(), size=(150, 15)) as (host, pilot):
        text = line(host, "lab").plain
        assert "F12 Settings" in text
        await pilot.click(ScreenBar, offset=(text.index("Beams") + 2, 0))
        asked = [one.name for one in host.messages if isinstance(one, ScreenAsked)]
        assert asked == ["beams"]


async def test_names_without_keys_do_not_read_as_one_name_at_80_columns() -> None:
    async with shown(ScreenBar(), size=(80, 5)) as (host, _pilot):
        assert lines(host)[0].strip().endswith("  Set  New  Run")
