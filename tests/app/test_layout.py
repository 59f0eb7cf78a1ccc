"""The layout of the lab: charts first, panes resized by key and mouse, and remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.tui.charts.chart_pane import ChartPane
from rnnlab.tui.screens.compare import CompareScreen
from rnnlab.tui.state.view_state import load_view
from tests.toys.app_lab import chart, home, table, until

if TYPE_CHECKING:
    from pathlib import Path

    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab, OpenLab


async def test_the_main_chart_is_the_largest_element_of_the_lab(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    lab.add("beta")
    sizes = ((80, 24), (120, 40), (200, 50))
    async with app.run_test(size=sizes[0]) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        page = home(app)
        for size in sizes:
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: page.size == size)  # type: ignore[misc]
            await until(pilot, lambda: table(app).region.height <= 5)
            main = page.query_one("#plot-loss", ChartPane).region
            others = [pane.region for pane in page.query(ChartPane) if pane.display][1:]
            for other in (table(app).region, page.pane.region, page.details.region, *others):
                assert main.area > other.area, (main, other)
            assert page.pane.region.height <= 5, "the prompt has no answers yet"


async def test_panes_are_resized_by_keys_reset_and_remembered(
    lab: Lab, open_lab: OpenLab, tmp_path: Path
) -> None:
    for number in range(12):
        lab.add(f"run-{number}")
    file = tmp_path / "view.json"
    app = open_lab(view_file=file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 12)
        default = table(app).region.height
        await pilot.press("right_curly_bracket")
        await until(pilot, lambda: table(app).region.height == default + 2)
        await pilot.press("left_curly_bracket", "left_curly_bracket")
        await until(pilot, lambda: table(app).region.height == default - 2)
        await pilot.press("0")
        await until(pilot, lambda: table(app).region.height == default)
        home(app).plots.focus()
        await pilot.press("right_curly_bracket")  # the charts grow: the others become smaller
        await until(pilot, lambda: table(app).region.height == default - 2)
        await pilot.resize_terminal(120, 60)
        await until(pilot, lambda: table(app).region.height == round((default - 2) / 40 * 60))
        for _ in range(30):
            await pilot.press("left_curly_bracket")
        await pilot.resize_terminal(120, 20)
        await until(pilot, lambda: home(app).plots.region.height >= 4)
        assert home(app).pane.region.height >= 4
    assert load_view(file).sizes["lab/-normal"]["runs"] > 0
    again = open_lab(view_file=file)
    async with again.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(again).row_count == 12)
        await until(pilot, lambda: table(again).region.height != default)
        await pilot.resize_terminal(200, 40)  # another width has its own sizes
        await until(pilot, lambda: table(again).region.height == default)


async def test_the_border_between_panes_is_dragged_with_the_mouse(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: table(app).row_count == 1)
        bottom = table(app).region.bottom
        await pilot.mouse_down(offset=(60, bottom))
        await pilot.hover(offset=(60, bottom + 5))
        await pilot.mouse_up(offset=(60, bottom + 5))
        await until(pilot, lambda: table(app).region.bottom == bottom + 5)
        left = home(app).details.region.x
        await pilot.mouse_down(offset=(left, 30))
        await pilot.hover(offset=(left - 10, 30))
        await pilot.mouse_up(offset=(left - 10, 30))
        await until(pilot, lambda: home(app).details.region.x == left - 10)
        await pilot.hover(offset=(left - 30, 30))  # the button is up
        await pilot.pause()
        assert home(app).details.region.x == left - 10


async def test_the_panes_of_compare_are_resized_without_the_curves_too(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        texts = app.screen.query_one("#compare-texts")
        await until(pilot, lambda: texts.region)
        height = texts.region.height
        await pilot.press("escape", "tab")
        texts.query("Input").first().focus()
        app.page.panes.resize("compare-texts", 1)
        await until(pilot, lambda: texts.region.height == height + 2)


async def test_the_charts_that_a_user_chooses_are_shown_everywhere_and_remembered(
    lab: Lab, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab.add("alpha")
    lab.add("beta")
    file = tmp_path / "view.json"
    app = open_lab(view_file=file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        await pilot.press("M")
        await until(pilot, lambda: app.screen is not app.page)
        await pilot.press("space", "enter")  # without the loss
        await until(pilot, lambda: "gradient norm" in chart(app, "grad-norm"))
        await until(pilot, lambda: not app.page.query_one("#plot-loss").display)
        await pilot.press("plus", "plus", "f8")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        page = app.page
        assert isinstance(page, CompareScreen)
        await until(pilot, lambda: page.query_one("#plot-grad-norm").display)
        assert not page.query_one("#plot-loss").display
        assert page.plots.viewport.smoothing == 0.8
    assert load_view(file).charts_off == ["loss"]
    assert load_view(file).smoothing == 0.8
