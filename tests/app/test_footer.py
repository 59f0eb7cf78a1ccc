"""The footer: labels in the current state, clicks, keys of panes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rnnlab.tui.shell.dialogs.form import FormScreen
from rnnlab.tui.shell.dialogs.help import HelpScreen
from rnnlab.tui.shell.footer import LabFooter
from tests.toys.app_lab import home, mailed, until

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab


def line(app: LabApp) -> LabFooter:
    return app.page.query_one(LabFooter)


def labels(app: LabApp) -> dict[str, str]:
    """Return the labels of the footer, by key."""
    return {key.written: key.label for key in line(app).shown}


async def listed(pilot: Pilot[None], app: LabApp) -> None:
    await until(pilot, lambda: home(app).table.row_count)
    await until(pilot, lambda: "?" in labels(app))


async def test_a_click_on_a_key_presses_it_and_the_pointer_says_more(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(200, 50)) as pilot:
        await listed(pilot, app)
        await until(pilot, lambda: "p" in labels(app))
        text = str(line(app).render())
        place = text.index("Pause")
        await pilot.hover(LabFooter, offset=(place, 0))
        assert line(app).tooltip == "Pause the run, or resume it if it is paused"
        await pilot.click(LabFooter, offset=(place, 0))
        await until(pilot, lambda: mailed(run) == ["pause"])
        assert line(app).key_at(len(text)) is None
        await pilot.hover(LabFooter, offset=(190, 0))
        assert line(app).tooltip is None


async def test_keys_that_are_a_dialogs_are_not_named_as_the_screens(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot, app)
        for key, dialog in (("E", FormScreen), ("question_mark", HelpScreen)):
            await pilot.press(key)
            await until(pilot, lambda dialog=dialog: isinstance(app.screen, dialog))  # type: ignore[misc]
            await until(pilot, lambda: not str(line(app).render()))
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.page)
            await until(pilot, lambda: str(line(app).render()))


async def test_the_line_is_painted_again_only_when_a_key_is_another(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        await listed(pilot, app)
        num_painted = 0
        render = LabFooter.render

        def count(self: LabFooter) -> object:
            nonlocal num_painted
            num_painted += 1
            return render(self)

        monkeypatch.setattr(LabFooter, "render", count)
        await pilot.press("down", "up", "down")
        await pilot.pause()
        assert num_painted == 0
        await pilot.press("i")
        await until(pilot, lambda: labels(app).get("esc") == "Leave text")
        await until(pilot, lambda: num_painted)


async def test_enter_in_the_form_is_named_by_what_it_does_in_the_field(app: LabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "?" in labels(app))
        await pilot.press("n")
        await until(pilot, lambda: app.page.entry_name == "new-run" and app.focused)
        await until(pilot, lambda: labels(app).get("enter") == "List")
        app.page.query_one("#field-hidden").focus()
        await until(pilot, lambda: labels(app).get("enter") == "Next")
