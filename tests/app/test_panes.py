"""Panes, help, and the first and last line of the screen, at several sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.widgets import TextArea

from rnnlab.tui.charts.chart_pane import ChartPane
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.shell.dialogs.help import HelpScreen
from rnnlab.tui.shell.footer import LabFooter
from rnnlab.tui.shell.screen_bar import ScreenBar
from rnnlab.tui.shell.screen_registry import entry
from tests.toys.app_lab import chart, home, table, until
from tests.toys.painted_at_rest import shows
from tests.toys.picture import lines

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab


async def test_the_help_names_every_action_and_begins_with_the_focused_pane(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(100, 160)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        panes = [group.pane for group in app.page.groups_of_focus_first()]
        assert panes[0] == "runs"
        assert sorted(panes[1:], key=bool) == panes[1:]
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.focused, TextArea))
        panes = [group.pane for group in app.page.groups_of_focus_first()]
        assert panes[0] == "prompting"
        assert sorted(panes[1:], key=bool) == panes[1:], "no other pane with keys has the focus"
        await pilot.press("escape", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        for width in (100, 200):
            await pilot.resize_terminal(width, 160)
            await until(pilot, shows(app, "ctrl+p"))
            shown = "\n".join(lines(app))
            for group in LabScreen.GROUPS:
                assert group.title in shown
                for action in group.actions:
                    assert action.help in shown, (width, action.help)


async def test_the_screen_bar_and_the_footer_fit_on_a_narrow_terminal(app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("f2", "f12"):
            await pilot.press(key)
            await until(pilot, lambda key=key: entry(app.page.entry_name).first_key == key)  # type: ignore[misc]
            line = app.page.query_one(LabFooter)
            await until(pilot, lambda line=line: line.shown)  # type: ignore[misc]
            bar = str(app.page.query_one(ScreenBar).render())
            assert entry(app.page.entry_name).short_title in bar
            assert len(bar) < 80
            assert sum(key.width for key in line.shown) == cell_len(str(line.render())) <= 80
            assert "Help" in [key.label for key in line.shown]


async def test_every_pane_has_room_is_hidden_by_its_key_and_fills_the_screen_alone(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        page = home(app)
        assert page.details.display
        await pilot.press("slash")
        await until(pilot, lambda: app.screen is not page)
        await pilot.resize_terminal(80, 24)  # below the dialog too
        await until(pilot, lambda: not page.details.display)
        await until(pilot, lambda: page.plots.size.width > 40)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is page)
        for size in ((80, 24), (200, 50), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            chart_pane = page.query_one("#plot-loss", ChartPane)
            for pane, least in ((page.table, 3), (chart_pane, 7), (page.pane, 4)):
                region = pane.region
                assert region.width >= 24, (size, pane)
                assert region.height >= least, (size, pane)
        page.plots.focus()
        await pilot.press("f")
        await until(pilot, lambda: page.plots.region.width == 120)
        assert not page.table.region
        await pilot.press("f")
        await until(pilot, lambda: page.table.region)
        await pilot.press("3")
        await until(pilot, lambda: not page.pane.region)
        await pilot.press("0")
        await until(pilot, lambda: page.pane.region)
