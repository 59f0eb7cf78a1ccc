"""What a poll paints again: cells that have changed, and the layout only for another height."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.text import Text
from textual.app import ComposeResult
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from rnnlab.base.preferences import Preferences
from rnnlab.plots import Viewport
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import RunSummary, summarise
from rnnlab.tui.app import LabApp
from rnnlab.tui.charts.chart_pane import ChartPane
from rnnlab.tui.charts.plot_grid import PlotGrid
from rnnlab.tui.outside import Outside
from rnnlab.tui.outside.polling import RunPoller
from rnnlab.tui.prompting.pane import PromptPane
from rnnlab.tui.runs.details import Details
from rnnlab.tui.shell.row_list import RowList
from rnnlab.tui.shell.styled_app import StyledApp
from rnnlab.tui.state.lab_state import LabState
from rnnlab.tui.state.theme import appearance_of
from tests.toys.app_lab import Lab, until
from tests.toys.host import Host, shown


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "runs"))


async def test_an_unchanged_cell_of_a_list_is_not_rendered_again() -> None:
    rendered: list[str] = []

    class Counted(Text):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
            rendered.append(self.plain)
            return super().__rich_console__(console, options)

    table = RowList("list")
    async with shown(table) as (host, pilot):
        table.add_column("a", key="a", width=8)
        table.add_column("b", key="b", width=8)
        table.add_row(Counted("name"), Counted("1.0"), key="run")
        await until(pilot, lambda: {"name", "1.0"} <= set(rendered))
        await pilot.pause()
        rendered.clear()
        table.update_cell("run", "b", Counted("0.9"))
        await until(pilot, lambda: rendered)
        await pilot.pause()
        assert rendered == ["0.9"]
        host.theme = "light"
        await until(pilot, lambda: {"name", "0.9"} <= set(rendered[1:]))


async def test_figures_of_the_details_change_without_a_new_layout(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = summarise(lab.add("alpha", train_loss=2.0))
    layouts: list[bool] = []
    update = Static.update

    def noted(body: Static, content: Any = "", *, layout: bool = True) -> None:
        layouts.append(layout)
        update(body, content, layout=layout)

    details = Details()
    async with shown(details, size=(60, 30)) as (_, pilot):
        details.show(summary, None)
        await pilot.pause()
        monkeypatch.setattr(Static, "update", noted)
        details.show(replace(summary, train_loss=1.5), None)
        assert layouts == [False]
        details.show(replace(summary, train_loss=1.5, note="for the course"), None)
        assert layouts == [False, True]
        details.show(replace(summary, note="for the course " * 9), None)
        assert layouts == [False, True, True]


async def test_hidden_details_are_written_when_they_are_shown(lab: Lab) -> None:
    summary = summarise(lab.add("alpha"))
    details = Details()
    async with shown(details, size=(60, 30)) as (host, pilot):
        details.display = False
        await pilot.pause()
        details.show(summary, None)
        details.show(replace(summary, train_loss=1.25), None)
        body = host.query_one("#details > Static", Static)
        assert "alpha" in str(body.content)
        assert "1.2500" not in str(body.content)
        details.display = True
        await until(pilot, lambda: "1.2500" in str(body.content))
        num_lines = len(str(body.content).splitlines())
        await until(pilot, lambda: body.size.height == num_lines)


async def test_another_run_repaints_its_name_and_lays_out_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha, beta = summarise(lab.add("alpha")), summarise(lab.add("beta", steps=80))
    pane, details = PromptPane(LabState(lab.store).session), Details()
    refreshed: list[tuple[Widget, tuple[Region, ...], bool]] = []
    refresh = Widget.refresh

    def noted(widget: Widget, *regions: Region, layout: bool = False, **options: Any) -> Widget:
        refreshed.append((widget, regions, layout))
        return refresh(widget, *regions, layout=layout, **options)

    def choose(summary: RunSummary) -> None:
        pane.form.choose(summary)
        pane.show_run(summary)
        details.show(summary, None)

    async with shown(pane, details, size=(120, 30)) as (_, pilot):
        details.display = False
        choose(alpha)
        await pilot.pause()
        monkeypatch.setattr(Widget, "refresh", noted)
        choose(beta)
        assert pane.border_title == "Prompt beta"
        border = Region(-1, -1, pane.outer_size.width, 1)
        assert refreshed == [(pane, (border,), False)]


async def test_charts_that_are_in_order_stay_where_they_are(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[object] = []
    move_child = PlotGrid.move_child

    def noted(grid: PlotGrid, child: Any, **place: Any) -> None:
        moved.append(child)
        move_child(grid, child, **place)

    monkeypatch.setattr(PlotGrid, "move_child", noted)
    grid = PlotGrid(LabState(lab.store))
    async with shown(grid, size=(120, 40)) as (_, pilot):
        await pilot.pause()
        assert not moved
        grid.next_chart()
        assert moved


async def test_a_grid_without_charts_can_be_sorted_while_the_app_closes(lab: Lab) -> None:
    grid = PlotGrid(LabState(lab.store))
    async with shown(grid, size=(120, 40)):
        await grid.remove_children()
        grid.next_chart()
        assert not grid.children


async def test_a_new_point_repaints_a_part_of_a_line(lab: Lab) -> None:
    painted: list[Region] = []

    class Noted(ChartPane):
        def refresh(self, *regions: Region, **options: Any) -> Any:
            painted.extend(regions)
            return super().refresh(*regions, **options)

    run = lab.add("alpha", steps=300)
    state = LabState(lab.store, outside=Outside(chart_every_s=0.0, chart_time_fraction=1e9))
    feed, pane = RunPoller(lab.store), Noted("loss", state)

    def show() -> None:
        state.update(feed.read(["alpha"]))
        pane.show(state.named_histories(("alpha",)), "step", Viewport(), is_log=False)

    async with shown(pane, size=(100, 20)) as (_, pilot):
        show()
        await until(pilot, lambda: "train" in pane.text)
        painted.clear()
        lab.write(run, range(301, 303))
        show()
        await until(pilot, lambda: painted)
        assert min(region.width for region in painted) < pane.size.width // 2
        assert {region.height for region in painted} == {1}


class _Line(Widget):
    def render_line(self, y: int) -> Strip:
        return Strip([Segment("0123456789" * 4)]) if y == 0 else Strip.blank(40)


class _Tiny(StyledApp):
    CSS_PATH: ClassVar = Host.CSS_PATH

    def compose(self) -> ComposeResult:
        yield _Line()


async def test_only_the_changed_cells_of_a_wide_widget_are_sent_to_the_terminal() -> None:
    sent: list[str] = []

    class Terminal(HeadlessDriver):
        is_headless = False

        def write(self, data: str) -> None:
            sent.append(data)

    app = _Tiny(appearance_of(Preferences()), has_outline=False)
    app.driver_class = Terminal
    running = asyncio.create_task(app.run_async())
    while not any("0123456789" in text for text in sent):
        await asyncio.sleep(0)
    line = app.query_one(_Line)
    while not (found := [text for text in sent if "234" in text and "0123" not in text]):
        line.refresh(Region(12, 0, 3, 1))  # a refresh of the whole screen may come in between
        await asyncio.sleep(0)
    app.exit()
    await running
    update = found[0]
    assert "\x1b[1;13H" in update
    assert "0" not in update.partition("234")[0].rpartition("m")[2]
    assert "345" not in update


def test_the_app_parses_the_same_styles_with_and_without_an_outline(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    whole, late = LabApp(store), LabApp(store, has_outline=True)
    assert len(late.css_path) == 1
    late.add_styles()
    added = {Path(file).name for file, _ in late.stylesheet.source}
    assert added | {late.css_path[0].name} == {file.name for file in whole.css_path}
