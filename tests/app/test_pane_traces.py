"""A pane that is hidden or in full screen leaves a trace, so that nobody takes it for lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.tui.screens.prompt import PromptScreen
from tests.toys.app_lab import home, toasts, until

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab


async def test_a_hidden_pane_names_the_key_that_shows_it_again(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press("3")
        await until(pilot, lambda: toasts(app) == ["Prompt hidden; 3 shows it again"])
        await pilot.press("3")
        await until(pilot, lambda: home(app).panes.is_shown("prompt-pane"))
        assert toasts(app) == ["Prompt hidden; 3 shows it again"], "no toast for a shown pane"


async def test_choosing_a_screen_shows_all_its_panes(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        for keys in (["f2"], ["f3", "f2"]):
            home(app).table.focus()
            await pilot.press("f")
            await until(pilot, lambda: home(app).panes.alone == "runs")
            await pilot.press(keys[0])
            if len(keys) > 1:
                await until(pilot, lambda: isinstance(app.screen, PromptScreen))
                await pilot.press(keys[1])
            await until(pilot, lambda: app.screen is app.page and app.page.entry_name == "lab")
            await until(pilot, lambda: home(app).panes.alone is None)
