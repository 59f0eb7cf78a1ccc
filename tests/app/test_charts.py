"""The charts of the home screen: zoom, cursor, smoothing, the mouse, overlaid runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual import events

from rnnlab.tui.charts.chart_pane import ChartPane
from rnnlab.tui.outside.polling import RunPoller
from tests.toys.app_lab import chart, home, table, until

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab


async def test_the_charts_are_zoomed_panned_and_frozen_by_keys_and_name_their_state(
    lab: Lab, app: LabApp
) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "step · all" in chart(app, "loss"))
        plots = home(app).plots
        plots.focus()
        await pilot.press("up")
        await until(pilot, lambda: "step · live" in chart(app, "loss"))
        assert plots.viewport.window.width == pytest.approx(20)
        await pilot.press("v")
        await until(pilot, lambda: "step · frozen" in chart(app, "loss"))
        lab.write(run, range(41, 61))
        lab.say(run, state="running", step=60)
        await until(pilot, lambda: app.state.history("alpha").train[-1].step == 60)
        assert (plots.viewport.window.low, plots.viewport.window.high) == (20, 40)
        await pilot.press("pageup")
        assert plots.viewport.window.high == pytest.approx(35)
        await pilot.press("a")
        await until(pilot, lambda: "step · all" in chart(app, "loss"))


async def test_the_cursor_and_the_smoothing_are_shared_by_all_charts_and_enter_shows_one(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        home(app).plots.focus()
        await pilot.press("left", "left")
        await until(pilot, lambda: "at step 39" in chart(app, "loss"))
        assert "train 2.050" in chart(app, "loss")
        assert "at step 39" in chart(app, "grad-norm")
        await pilot.press("escape")
        await until(pilot, lambda: "at step" not in chart(app, "loss"))
        await pilot.press("plus", "plus")
        await until(pilot, lambda: "smoothed 0.8" in chart(app, "loss"))
        await pilot.press("minus", "minus")
        await until(pilot, lambda: "smoothed" not in chart(app, "loss"))

        def num_shown() -> int:
            return sum(pane.display for pane in app.screen.query(ChartPane))

        assert num_shown() > 1
        await pilot.press("enter")
        await until(pilot, lambda: num_shown() == 1)
        await pilot.press("enter")
        await until(pilot, lambda: num_shown() > 1)


async def test_the_mouse_points_zooms_and_drags(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        pane = app.screen.query_one("#plot-loss", ChartPane)
        await pilot.click(pane, offset=(pane.size.width // 2, 5))
        await until(pilot, lambda: "at step" in chart(app, "loss"))
        cursor = home(app).plots.viewport.cursor
        assert cursor is not None
        assert 15 < cursor < 25
        pane.post_message(
            events.MouseScrollUp(pane, pane.size.width // 2, 5, 0, -1, 0, False, False, False)
        )
        await until(pilot, lambda: home(app).plots.viewport.window.mode == "frozen")
        low = home(app).plots.viewport.window.low
        await pilot.mouse_down(pane, offset=(30, 5))
        await pilot.hover(pane, offset=(50, 5))
        await pilot.mouse_up(pane, offset=(50, 5))
        await until(pilot, lambda: home(app).plots.viewport.window.low < low)


async def test_curves_stay_while_the_cursor_moves_and_selected_runs_are_overlaid(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    lab.add("beta")
    feed = RunPoller(lab.store)
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        chosen = table(app).chosen
        assert chosen is not None
        away = {"alpha": "beta", "beta": "alpha"}[chosen.name]
        for watched in (away, chosen.name):  # the cursor has moved and returned during a poll
            app.state.update(feed.read([watched]))
            home(app).show_state()
        assert "train 2.000" in chart(app, "loss")
        await pilot.press("space", "down")
        await until(pilot, lambda: {"alpha", "beta"} <= set(chart(app, "loss").split()))
