"""The list of runs on the home screen, and the details of the chosen run."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from rnnlab.base.files import replace_text
from rnnlab.tui.runs.filter_dialog import FilterScreen
from rnnlab.tui.runs.table import RunsTable
from rnnlab.tui.screens.lab import LabScreen
from tests.toys.app_lab import (
    WORLD,
    chart,
    home,
    painted,
    row_text,
    table,
    text_of,
    toasts,
    until,
)
from tests.toys.fixed_lab import CountedFeed
from tests.toys.picture import lines

if TYPE_CHECKING:
    import pytest
    from textual.geometry import Region
    from textual.strip import Strip

    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab, OpenLab

DETAILS = "#details > Static"


async def test_a_row_and_the_curves_follow_the_worker(lab: Lab, app: LabApp) -> None:
    run = lab.add("alpha", "running", train_loss=2.25)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 1)
        assert "alpha" in row_text(app, "alpha")
        assert "2.2500" in row_text(app, "alpha")
        await until(pilot, lambda: "train 2.000" in chart(app, "loss"))
        assert "val 2.500" in chart(app, "loss")
        await until(pilot, lambda: "clip 1" in chart(app, "grad-norm"))
        lab.write(run, range(41, 61))
        lab.say(run, state="running", step=60, train_loss=1.0)
        await until(pilot, lambda: "train 1.000" in chart(app, "loss"))
        assert "1.0000" in row_text(app, "alpha")


async def test_the_cursor_stays_on_its_run_when_others_are_added_filtered_out_and_listed_again(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        table(app).choose("alpha")
        await until(pilot, lambda: app.state.chosen_name == "alpha")
        lab.add("gamma", "running")
        await until(pilot, lambda: table(app).row_count == 3)
        assert table(app).chosen == app.state.summaries["alpha"]
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, FilterScreen))
        await pilot.press("a", "l", "p")
        await until(pilot, lambda: home(app).table.row_count == 1)
        await pilot.press("enter")
        assert "Runs 1 of 3 · /alp" in str(home(app).table.border_title)
        await pilot.press("slash", "z")
        await until(pilot, lambda: home(app).table.row_count == 0)
        assert app.state.chosen is None, "no key may steer a run that is not listed"
        await pilot.press("escape")
        await until(pilot, lambda: home(app).table.row_count == 3)
        await until(pilot, lambda: app.state.chosen_name == "alpha")
        assert app.state.view.filter == ""


async def test_a_run_chosen_elsewhere_stays_chosen_when_rows_are_added_before_the_list_returns(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        assert app.state.chosen_name == "beta"
        app.state.chosen_name = "alpha"  # as another screen does, before the list is shown again
        lab.add("gamma")
        await until(pilot, lambda: table(app).row_count == 3)
        await pilot.pause()
        assert app.state.chosen_name == "alpha"
        chosen = table(app).chosen
        assert chosen is not None
        assert chosen.name == "alpha"


async def test_a_read_that_finds_nothing_new_paints_no_table(
    lab: Lab, open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add("alpha")
    feed = CountedFeed(lab.store)
    app = open_lab(outside=replace(WORLD, make_poller=lambda _store: feed))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count and "train 2.000" in chart(app, "loss"))
        num_painted = 0
        render_lines = RunsTable.render_lines

        def count(self: RunsTable, crop: Region) -> list[Strip]:
            nonlocal num_painted
            num_painted += 1
            return render_lines(self, crop)

        monkeypatch.setattr(RunsTable, "render_lines", count)
        enough = feed.num_reads + 4  # a read is shown before the next one begins
        await until(pilot, lambda: feed.num_reads >= enough)
        assert num_painted == 0


async def test_an_empty_list_gives_the_reason_and_the_key_that_helps(lab: Lab, app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "press n to start a run" in painted(app, "runs"))
        lab.add("alpha")
        await until(pilot, lambda: table(app).row_count == 1)
        assert "Runs" in painted(app, "runs")
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, FilterScreen))
        await pilot.press("z", "enter")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        await until(pilot, lambda: "Runs 0 of 1 · /z" in painted(app, "runs"))
        await until(
            pilot,
            lambda: (
                "no run matches z esc lists all runs, / changes the filter" in painted(app, "runs")
            ),
        )
        await pilot.press("escape")
        await until(pilot, lambda: table(app).row_count == 1)


async def test_home_and_end_go_to_the_first_and_the_last_run(lab: Lab, app: LabApp) -> None:
    for number in range(12):  # more than the pane has rows
        lab.add(f"run-{number}", steps=1)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: table(app).row_count == 12)
        await pilot.press("end")
        await until(pilot, lambda: table(app).cursor_row == 11)
        await pilot.press("home")
        await until(pilot, lambda: table(app).cursor_row == 0)


async def test_details_show_errors_kept_weights_and_odd_settings_of_the_chosen_run(
    lab: Lab, app: LabApp
) -> None:
    lab.add("failed", "failed", reason="out of [memory]; use a smaller --batch")
    replace_text(lab.add("kept").paths.root / "last", "30\n")
    odd = lab.add("odd", device="cp\x1b[41mu")
    odd.paths.config.write_text(
        'corpus = "c\\u001b]0;x"\ncell = "l\\u001b[5m"\nclip = "abc"\nlayers = "two"\n', "utf-8"
    )
    wanted = {
        "failed": "out of [memory]",
        "kept": "saved weights of step 30",
        "odd": "␛[41mu",
    }
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: table(app).row_count == 3)
        for name, text in wanted.items():
            table(app).choose(name)
            await until(pilot, lambda text=text: text in text_of(app, DETAILS))  # type: ignore[misc]
            assert not any("\x1b" in line for line in lines(app)), name


async def test_a_run_whose_worker_died_is_shown_as_lost(lab: Lab, app: LabApp) -> None:
    lab.add("alpha", "running")
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: table(app).row_count and "●" in row_text(app, "alpha"))
        os.close(lab.locks.pop())
        await until(pilot, lambda: "?" in row_text(app, "alpha"))
        fault = str(home(app).banner.render())
        assert fault.endswith("the key `r` continues the run")
        assert "rnnlab resume" not in fault
        await until(pilot, lambda: "40 lost: the worker died" in text_of(app, DETAILS))


async def test_a_deleted_run_comes_back_by_undo_also_in_a_later_lab(
    lab: Lab, open_lab: OpenLab
) -> None:
    for name in ("alpha", "beta"):
        lab.add(name)
    app = open_lab()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        for num, name in ((1, "beta"), (0, "alpha")):
            await pilot.press("delete")
            await until(pilot, lambda num=num: table(app).row_count == num)  # type: ignore[misc]
            told = [f"{name} is in the bin; u brings it back"]
            await until(pilot, lambda told=told: toasts(app) == told)  # type: ignore[misc]
        await pilot.press("u")
        await until(pilot, lambda: table(app).row_count == 1)
    app = open_lab()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count == 1)
        await pilot.press("u")
        await until(pilot, lambda: table(app).row_count == 2)
        await until(pilot, lambda: app.state.chosen_name == "beta")
        await pilot.press("u")
        await until(pilot, lambda: "the bin is empty" in toasts(app))
