"""What a user finds without function keys and without reading: g, the palette, ctrl+c, pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.command import CommandPalette
from textual.widgets import OptionList

from rnnlab.tui.screens.corpora import CorporaScreen
from rnnlab.tui.screens.prompt import PromptScreen
from rnnlab.tui.shell.dialogs.form import FormScreen
from rnnlab.tui.shell.screen import HOME
from rnnlab.tui.shell.screen_registry import entries
from tests.toys.app_lab import burst, home, mailed, table, toasts, until
from tests.toys.painted_at_rest import shows
from tests.toys.picture import lines

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab


async def test_g_and_a_letter_open_a_screen_and_the_next_keys_are_typed_there(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha", "running")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        burst(app, "g", "p", *"gs")
        await until(pilot, lambda: app.state.session.fields.prompt == "gs")
        assert isinstance(app.page, PromptScreen)


async def test_while_g_waits_the_letters_are_listed_and_no_key_is_lost_silently(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(50, 15), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await pilot.press("g")
        await until(pilot, shows(app, "esc cancel"))
        shown = " ".join(lines(app)[-4:])
        assert all(f"{one.go} {one.title}" in shown for one in entries())
        await pilot.press("escape")
        await until(pilot, lambda: "esc cancel" not in lines(app)[-1])
        assert toasts(app) == []
        await pilot.press("g", "x")
        await until(pilot, lambda: toasts(app))
        assert toasts(app)[0].startswith("g expects one of")
        assert app.page.entry_name == HOME
        await pilot.press("g", "f10")  # a key that is no letter keeps its meaning
        await until(pilot, lambda: app.page.entry_name == "system")


async def test_gg_and_capital_g_go_to_the_first_and_the_last_row(lab: Lab, app: LabApp) -> None:
    for name in ("one", "two", "three"):
        lab.add(name)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: table(app).row_count == 3)
        burst(app, "G", "k", "G")
        await until(pilot, lambda: table(app).cursor_row == 2)
        burst(app, "g", "g", "j")
        await until(pilot, lambda: table(app).cursor_row == 1)


async def ask_palette(pilot: Pilot[None], app: LabApp, query: str) -> str:
    """Open the palette by its key and enter a query; return the text of the first entry."""
    await pilot.press("colon")
    await until(pilot, lambda: isinstance(app.screen, CommandPalette))
    await pilot.press(*query)
    rows = app.screen.query_one(OptionList)
    await until(pilot, lambda: rows.option_count and rows.highlighted == 0)
    return str(rows.get_option_at_index(0).prompt)


async def test_the_palette_finds_an_action_by_another_word_and_shows_its_key_and_help(
    lab: Lab, app: LabApp
) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        name, help_line = (await ask_palette(pilot, app, "halt")).split("\n")
        assert name.split() == ["Pause", "p"]
        assert help_line == "Pause the run, or resume it if it is paused"
        await pilot.press("enter")
        await until(pilot, lambda: mailed(run) == ["pause"])


async def test_the_palette_runs_an_action_of_another_screen_there_and_leaves_dialogs(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        assert (await ask_palette(pilot, app, "add corpus")).startswith("Add (Corpora)")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.page, CorporaScreen))
        for _ in range(2):  # the second time, the action has ended with its first dialog
            await until(pilot, lambda: isinstance(app.screen, FormScreen))
            app.page.open_screen(HOME)
            await until(pilot, lambda: app.page.entry_name == HOME and app.screen is app.page)
            await pilot.press("f11")
            await until(pilot, lambda: isinstance(app.screen, CorporaScreen))
            await pilot.press("A")


async def test_ctrl_c_explains_itself_and_stops_nothing(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count)
        for keys in (("ctrl+c",), ("i", "ctrl+c")):  # in the list and in a text field
            await pilot.press(*keys)
            await until(pilot, lambda: toasts(app))
            assert "q quits" in toasts(app)[0]
            app.clear_notifications()
            await until(pilot, lambda: not toasts(app))
        assert mailed(run) == []


async def test_a_long_toast_is_read_to_its_end_and_covers_no_legend(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await until(pilot, shows(app, "train 2.0"))
        bottom = home(app).pane.region.bottom
        legend = [line for line in lines(app) if "train 2.0" in line]
        app.page.toast("beta failed: " + "a long reason and " * 9 + "the remedy", "error")
        await until(pilot, shows(app, "the remedy"))
        assert [line for line in lines(app) if "train 2.0" in line] == legend
        toast = app.screen.query_one("Toast").region
        assert home(app).pane.region.bottom <= toast.y < bottom, "the panes make room"
        app.clear_notifications()
        await until(pilot, lambda: home(app).pane.region.bottom == bottom)


async def test_a_picture_of_the_screen_is_written_by_a_key_and_by_the_palette(
    lab: Lab, app: LabApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNLAB_PICTURES", str(tmp_path / "pictures"))
    monkeypatch.setenv("PATH", "")  # without a converter
    lab.add("alpha", "failed", reason="<b>&[red]\x1b]0;title\x07</b>")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await pilot.press("I")
        await until(pilot, lambda: any("wrote" in text for text in toasts(app)))
        await ask_palette(pilot, app, "screenshot")
        await pilot.press("enter")
        await until(pilot, lambda: len([*tmp_path.glob("pictures/lab-*.txt")]) == 2)
    for text in tmp_path.glob("pictures/*.txt"):
        shown = text.read_text()
        assert "alpha failed: <b>&[red]␛]0;title" in shown
        assert "wrote" not in shown, "the toast of the previous picture is not in the next one"
        assert "q Quit" in shown.splitlines()[-1]
    for svg in tmp_path.glob("pictures/*.svg"):
        shown = svg.read_text()
        assert "\x1b" not in shown
        assert "&lt;b&gt;" in shown
        assert len(set(shown.split("fill: #")[1:])) > 5, "it has colours"


async def test_toasts_that_replace_each_other_leave_no_line_behind(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        top = home(app).table.region.y
        for _ in range(3):
            await pilot.press("y")
        await until(pilot, lambda: toasts(app))
        await until(pilot, lambda: home(app).table.region.y == top)
        shown = [holder for holder in app.screen.query("ToastHolder") if holder.display]
        assert len(shown) == 1
