"""Dialogs under keys that come too early or too late."""

from __future__ import annotations

import asyncio

import pytest
from textual.command import CommandList, DiscoveryHit, Hits, Provider
from textual.widgets import OptionList

from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from rnnlab.tui.shell.dialogs.pick import PickScreen
from rnnlab.tui.shell.option_rows import OptionRows
from rnnlab.tui.shell.palette import Palette
from tests.toys.app_lab import until
from tests.toys.host import asked, shown

ANSWERS = (("do", "Do it"), ("cancel", "Cancel"))


async def test_a_dialog_below_another_neither_closes_nor_closes_the_other() -> None:
    below, above = ChoiceScreen("first?", ANSWERS), ChoiceScreen("second?", ANSWERS)
    async with asked(below) as (host, pilot):
        await host.ask(above)
        below.dismiss("do")  # as by a click that is handled late
        await pilot.pause()
        assert host.screen is above
        await pilot.press("escape", "escape")
        await until(pilot, lambda: host.results == ["cancel", "cancel"])


@pytest.mark.parametrize("key", ["pagedown", "pageup"])
async def test_the_page_keys_of_a_list_without_room_do_nothing(key: str) -> None:
    rows = OptionRows("first", "second")
    rows.styles.height = 0
    async with shown(rows) as (host, pilot):
        rows.highlighted = 0
        rows.focus()
        await pilot.press(key)
        pick = PickScreen("Corpus", [("stump", "a text")], "")
        await host.ask(pick)
        pick.query_one(OptionList).styles.display = "none"
        await pilot.press(key)
        assert host.screen is pick


async def test_the_page_keys_of_a_palette_without_room_do_nothing() -> None:
    async with shown(size=(20, 2)) as (host, pilot):
        palette = Palette()
        await host.push_screen(palette)
        rows = palette.query_one(CommandList)
        await until(pilot, lambda: rows.option_count and rows.highlighted is not None)
        await pilot.press("pagedown", "pageup")
        assert host.screen is palette


class SlowProvider(Provider):
    """Finds one command, and then searches until it is released."""

    is_released = asyncio.Event()

    async def discover(self) -> Hits:
        yield DiscoveryHit("found", list)
        await self.is_released.wait()

    async def search(self, query: str) -> Hits:
        async for hit in self.discover():
            yield hit


async def test_a_search_that_ends_after_the_palette_has_closed_shows_nothing() -> None:
    SlowProvider.is_released = asyncio.Event()
    async with shown(size=(80, 24)) as (host, pilot):
        palette = Palette(providers=[SlowProvider])
        await host.push_screen(palette)
        await pilot.pause()
        await palette.remove_children()
        SlowProvider.is_released.set()
        await until(pilot, lambda: all(worker.is_finished for worker in host.workers))
        assert host.screen is palette
