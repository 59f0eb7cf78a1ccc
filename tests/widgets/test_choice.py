"""A question with a button per answer."""

from __future__ import annotations

import pytest
from textual.widgets import Button

from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from tests.toys.app_lab import until
from tests.toys.host import asked
from tests.toys.picture import lines

ANSWERS = (("leave", "Leave running"), ("stop", "Save and stop"), ("cancel", "Cancel"))


@pytest.mark.parametrize("size", [(50, 15), (80, 24)])
async def test_every_answer_is_in_view_and_reached_by_an_arrow(size: tuple[int, int]) -> None:
    dialog = ChoiceScreen("alpha, beta: training continues after the lab closes.", ANSWERS)
    async with asked(dialog, size=size) as (host, pilot):
        shown = "\n".join(lines(host))
        assert all(label in shown for _, label in ANSWERS), shown
        await pilot.press("right", "right", "enter")
        await until(pilot, lambda: host.results == ["cancel"])


async def test_the_default_answer_keeps_its_place_at_the_end() -> None:
    dialog = ChoiceScreen("Stop alpha?", (("do", "Stop"), ("cancel", "Cancel")), "cancel")
    async with asked(dialog) as (host, pilot):
        assert [button.id for button in dialog.query(Button)] == ["do", "cancel"]
        await pilot.press("enter")
        await until(pilot, lambda: host.results == ["cancel"])
