"""Preferences on the screen, and the view of the last start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input, RadioSet

from rnnlab.base.preferences import Preferences, load_preferences
from rnnlab.runs.journal import Journal
from rnnlab.runs.records import EvalRecord
from rnnlab.tui.charts.chart_canvas import ChartCanvas
from tests.toys.app_lab import chart, home, text_of, until
from tests.toys.picture import lines, strips

if TYPE_CHECKING:
    from pathlib import Path

    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab, OpenLab


async def test_the_lab_comes_back_as_it_was_left(
    lab: Lab, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab.add("alpha")
    lab.add("beta")
    file = tmp_path / "view.json"
    first = open_lab(view_file=file)
    async with first.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(first).table.row_count == 2)
        await pilot.press("down", "P", "y", "plus", "3", "q")
        color = first.state.color_of("alpha")
    again = open_lab(view_file=file)
    async with again.run_test(size=(120, 40)) as pilot:
        await until(
            pilot, lambda: again.state.chosen_name == "alpha" and home(again).table.row_count
        )
        assert again.state.view.pinned == ["alpha"]
        assert again.state.color_of("alpha") == color
        assert home(again).plots.view.is_log
        assert home(again).plots.viewport.smoothing == 0.5
        assert not home(again).panes.is_shown("prompt-pane")


async def test_a_setting_holds_at_once_and_is_saved(lab: Lab, open_lab: OpenLab) -> None:
    lab.add("alpha")
    app = open_lab(preferences=Preferences(theme="auto"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f12")
        await until(pilot, lambda: isinstance(app.focused, RadioSet))
        await pilot.press("right", "right", "enter")
        await until(pilot, lambda: app.theme == "light")
        assert load_preferences().theme == "light"
        field = app.screen.query_one("#set-slots", Input)
        field.focus()
        field.value = "0"
        await pilot.press("enter")
        wanted = "an integer from 1 to 64"
        await until(pilot, lambda: wanted in text_of(app, "#settings-problem"))
        field.value = "3"
        await pilot.press("enter")
        await until(pilot, lambda: load_preferences().slots == 3)
        field = app.screen.query_one("#set-notify", Input)
        field.focus()
        field.value = 'curl -d "$RNNLAB_MESSAGE" ntfy.sh/me  # mine'
        await pilot.press("enter")
        await until(pilot, lambda: load_preferences().notify.startswith("curl"))
        assert field.size.width > 60


async def test_with_ascii_and_without_colours_nothing_else_reaches_the_terminal(
    lab: Lab, open_lab: OpenLab
) -> None:
    lab.add("alpha", "running")
    app = open_lab(preferences=Preferences(glyphs="ascii", colors="none"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 1)
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        for strip in strips(app):
            assert strip.text.isascii(), strip.text
            colors = [one.style.color for one in strip if one.style is not None]
            assert all(color is None or color.is_default for color in colors), strip


async def test_without_colours_letters_mark_the_validations_of_each_run(
    lab: Lab, open_lab: OpenLab
) -> None:
    for name in ("alpha", "beta"):
        with Journal(lab.add(name, "running").paths.journal) as journal:
            for step in (50, 60, 70):
                journal.append(EvalRecord(step, step / 10, 9.0, 1.0 + step / 100, True, None))
    app = open_lab(preferences=Preferences(glyphs="braille", colors="none"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        await pilot.press("space", "down")
        await until(pilot, lambda: "beta" in chart(app, "loss") and "alpha" in chart(app, "loss"))
        _, *rows = chart(app, "loss").split("\n")
        assert "●" not in "".join(rows)
        assert all("".join(rows).count(letter) > 2 for letter in "ab")


async def test_charts_are_drawn_in_the_colours_of_a_new_theme(lab: Lab, open_lab: OpenLab) -> None:
    lab.add("alpha", "running")
    app = open_lab(preferences=Preferences(theme="dark", glyphs="braille"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        canvas = home(app).query_one("#plot-loss", ChartCanvas)
        before = canvas.render_line(0)
        app.theme = "light"
        await until(pilot, lambda: canvas.render_line(0) != before)
        assert canvas.render_line(0).text == before.text


async def test_the_machine_is_shown(lab: Lab, app: LabApp) -> None:
    lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 1)
        await pilot.press("f10")
        await until(pilot, lambda: app.page.entry_name == "system")
        await until(pilot, lambda: "alpha (running)" in "\n".join(lines(app)))
        shown = "\n".join(lines(app))
        for word in ("processor", "memory", "disk", "gpu", "the lab"):
            assert word in shown
