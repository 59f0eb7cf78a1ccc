"""When a chart is drawn, in a bare host: once for the same data, after other charts, once read."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from rnnlab.plots import Chart, Drawing, Viewport, drawing
from rnnlab.runs.store import RunStore
from rnnlab.tui.charts import chart_canvas
from rnnlab.tui.charts.chart_pane import ChartPane
from rnnlab.tui.charts.plot_grid import PlotGrid
from rnnlab.tui.outside import Outside
from rnnlab.tui.outside.polling import RunPoller
from rnnlab.tui.state.lab_state import LabState
from tests.toys.app_lab import Lab, until
from tests.toys.host import shown

NEVER_S = 3600.0
AT_ONCE = Outside(chart_every_s=0.0, chart_time_fraction=1e9)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path))


def read(state: LabState, feed: RunPoller, *names: str) -> None:
    """Read the journals of these runs only."""
    state.update(feed.read(names))


def show(pane: ChartPane, state: LabState, *names: str) -> None:
    pane.show(state.named_histories(names), "step", Viewport(), is_log=False)


async def test_a_chart_is_drawn_once_for_the_same_data_and_size(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add("alpha")
    state = LabState(lab.store, outside=AT_ONCE)
    read(state, RunPoller(lab.store), "alpha")
    pane = ChartPane("loss", state)
    drawn: list[Chart] = []

    def counted(chart: Chart, width: int, height: int, **options: Any) -> Drawing:
        drawn.append(chart)
        return drawing(chart, width, height, **options)

    async with shown(pane) as (_, pilot):
        show(pane, state, "alpha")
        await until(pilot, lambda: "train 2.000" in pane.text)
        monkeypatch.setattr(chart_canvas, "drawing", counted)
        for _ in range(5):
            show(pane, state, "alpha")
            pane.refresh()
            await pilot.pause()
        assert drawn == []
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: drawn)


async def test_the_chart_of_selected_runs_stays_while_the_cursor_moves_among_them(
    lab: Lab,
) -> None:
    lab.add("beta", steps=20)
    lab.add("alpha", steps=40)
    state = LabState(lab.store, outside=Outside(chart_every_s=NEVER_S))
    read(state, RunPoller(lab.store), "alpha", "beta")
    pane = ChartPane("loss", state)
    async with shown(pane) as (_, pilot):
        show(pane, state, "beta", "alpha")
        await until(pilot, lambda: pane.names_drawn == {"alpha", "beta"})
        before = pane.text
        show(pane, state, "alpha", "beta")
        await pilot.pause()
        assert pane.text == before
        show(pane, state, "alpha")
        await until(pilot, lambda: pane.names_drawn == {"alpha"})


async def test_charts_that_are_due_together_are_drawn_apart(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lab.add("alpha", "running")
    state, feed = LabState(lab.store, outside=AT_ONCE), RunPoller(lab.store)
    grid = PlotGrid(state)
    drawn_by: dict[str, set[int]] = {}

    def noted(chart: Chart, width: int, height: int, **options: Any) -> Drawing:
        drawn_by.setdefault(chart.title, set()).add(id(asyncio.current_task()))
        return drawing(chart, width, height, **options)

    async with shown(grid, size=(80, 24)) as (_, pilot):
        read(state, feed, "alpha")
        grid.show(state.named_histories(("alpha",)))
        panes = [pane for pane in grid.query(ChartPane) if pane.display]
        assert len(panes) == 2
        await until(pilot, lambda: all(pane.names_drawn for pane in panes))
        monkeypatch.setattr(chart_canvas, "drawing", noted)
        lab.write(run, range(41, 61))
        read(state, feed, "alpha")
        grid.show(state.named_histories(("alpha",)))
        await until(pilot, lambda: len(drawn_by) == 2)
        first, second = drawn_by.values()
        assert not first & second


async def test_the_first_picture_of_a_chosen_run_waits_for_its_journal_and_no_longer(
    lab: Lab,
) -> None:
    lab.add("beta", steps=20)
    lab.add("alpha", steps=40)
    state, feed = LabState(lab.store, outside=Outside(chart_every_s=NEVER_S)), RunPoller(lab.store)
    pane = ChartPane("loss", state)
    async with shown(pane) as (_, pilot):
        read(state, feed, "alpha")
        show(pane, state, "alpha")
        await until(pilot, lambda: "train 2.000" in pane.text)
        show(pane, state, "beta")
        await pilot.pause()
        assert "train 2.000" in pane.text
        read(state, feed, "beta")
        show(pane, state, "beta")
        await until(pilot, lambda: "train 3.000" in pane.text)


async def test_losses_of_different_units_have_an_axis_each_and_the_mouse_finds_its_own(
    lab: Lab,
) -> None:
    lab.add("speeches", steps=40)
    lab.add("reviews", steps=20, task="classify")
    state, feed = LabState(lab.store, outside=AT_ONCE), RunPoller(lab.store)
    read(state, feed, "speeches", "reviews")
    grid = PlotGrid(state)
    async with shown(grid, size=(80, 24)) as (_, pilot):
        grid.toggle_single()
        grid.show(state.named_histories(("speeches", "reviews")))
        pane = grid.query_one("#plot-loss", ChartPane)
        await until(pilot, lambda: "nats/document" in pane.text)
        assert "nats/char" in pane.text
        cursors = []
        for row in (5, 17):
            await pilot.click(pane, offset=(40, row))
            assert grid.viewport.cursor is not None
            cursors.append(grid.viewport.cursor)
        assert cursors[0] == pytest.approx(2 * cursors[1], rel=0.05)
        assert all(cursor.is_integer() for cursor in cursors), "a click goes to a step"
        grid.move_cursor_to_end(is_first=True)
        assert grid.viewport.cursor == 1.0, "the first step with values is not 0"


@pytest.mark.parametrize(
    ("size", "num_charts"), [((80, 12), 1), ((80, 24), 2), ((120, 24), 3), ((200, 50), 7)]
)
async def test_the_first_chart_is_the_largest_and_the_others_are_below_it(
    lab: Lab, size: tuple[int, int], num_charts: int
) -> None:
    grid = PlotGrid(LabState(lab.store, outside=AT_ONCE))
    async with shown(grid, size=size) as (_, pilot):
        await pilot.pause()
        first, *others = (pane for pane in grid.query(ChartPane) if pane.display)
        assert first.plot == "loss"
        assert len(others) == num_charts - 1
        assert first.size.width == grid.content_size.width
        for pane in others:
            assert pane.region.y >= first.region.bottom
            assert pane.size.height <= first.size.height
            assert (pane.size.width, pane.size.height) >= (56, 9)
        grid.next_chart()
        await pilot.pause()
        first = next(pane for pane in grid.query(ChartPane) if pane.display)
        assert first.plot == "grad-norm"
        assert first.size.width == grid.content_size.width


async def test_the_title_of_the_charts_counts_the_runs_whose_journals_are_not_read_yet(
    lab: Lab,
) -> None:
    lab.add("alpha")
    lab.add("beta")
    state, feed = LabState(lab.store, outside=AT_ONCE), RunPoller(lab.store)
    read(state, feed, "alpha")
    grid = PlotGrid(state)
    async with shown(grid, size=(80, 24)):
        grid.show(state.named_histories(("alpha", "beta")))
        assert "reading 1 of 2 runs…" in str(grid.border_title)
        read(state, feed, "alpha", "beta")
        grid.show(state.named_histories(("alpha", "beta")))
        assert "reading" not in str(grid.border_title)
