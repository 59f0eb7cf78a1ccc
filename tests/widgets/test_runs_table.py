"""The list of runs in a bare app: width, order, columns, filter, and what stays in sight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.text import Text
from textual.widgets import Input, OptionList, Static
from textual.widgets.data_table import RowKey

from rnnlab.runs.store import RunStore
from rnnlab.tui.outside.polling import RunPoller
from rnnlab.tui.runs.columns import default_columns
from rnnlab.tui.runs.columns_dialog import ColumnsScreen
from rnnlab.tui.runs.filter_dialog import FilterScreen
from rnnlab.tui.runs.table import RunsTable
from rnnlab.tui.state.lab_state import LabState
from rnnlab.tui.state.view_state import ViewState, load_view, save_view
from tests.toys.app_lab import Lab, until
from tests.toys.host import asked, shown
from tests.toys.picture import lines


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "checkpoints"))


def state_of(lab: Lab) -> LabState:
    state = LabState(lab.store)
    state.update(RunPoller(lab.store).read(()))
    return state


def names(table: RunsTable) -> list[str]:
    return [str(row.key.value) for row in table.ordered_rows]


@pytest.mark.parametrize("width", [80, 120, 200])
async def test_progress_loss_and_time_left_of_training_are_in_sight_at_every_width(
    lab: Lab, width: int
) -> None:
    lab.add(
        "shakespeare-lstm", "running", total_steps=400, eta_s=675.0, train_loss=1.25, val_loss=2.5
    )
    table = RunsTable(state_of(lab))
    async with shown(table, size=(width, 24)) as (host, pilot):
        table.show()
        await pilot.pause()
        painted = "\n".join(line[:width] for line in lines(host))
        for part in ("●", "10%", "1.2500", "2.5000", "11m15s"):
            assert part in painted, part


async def test_the_chosen_run_stays_in_sight_when_a_tall_banner_takes_rows_from_the_list(
    lab: Lab,
) -> None:
    for number in range(12):
        lab.add(f"run-{number:02}", steps=1)
    table = RunsTable(state_of(lab))
    async with shown(table, Static(id="below"), size=(80, 24)) as (host, pilot):
        table.styles.height = "1fr"
        table.show()
        table.choose("run-02")
        await pilot.pause()
        assert table.chosen is not None
        host.query_one("#below").styles.height = 14
        await pilot.pause()
        await until(pilot, lambda: any("run-02" in line for line in lines(host)))
        assert table.chosen.name == "run-02"


async def test_the_best_run_is_the_first_row_after_a_click_on_the_title_of_a_figure(
    lab: Lab,
) -> None:
    for name, val, accuracy in (("a", 2.0, 0.7), ("b", 1.0, 0.8), ("c", 3.0, 0.9)):
        lab.add(name, steps=1, task="classify", val_loss=val, val_accuracy=accuracy)
    state = state_of(lab)
    table = RunsTable(state)
    async with shown(table, size=(80, 24)) as (host, pilot):
        table.show()
        await pilot.pause()
        for title, order, marked in (
            ("val", ["b", "a", "c"], "val↑"), ("acc", ["c", "b", "a"], "acc↓"),
            ("acc↓", ["a", "b", "c"], "acc↑"),
        ):  # fmt: skip
            header = next(line for line in lines(host) if " run" in line)
            row = lines(host).index(header)
            await pilot.click(offset=(header.index(title), row))
            await pilot.pause()
            assert names(table) == order, title
            assert marked in "\n".join(lines(host))
        assert state.view.sort == "accuracy"


async def test_the_sort_key_steps_through_newest_name_and_the_columns(lab: Lab) -> None:
    lab.add("a")
    state = state_of(lab)
    state.view.columns = ["age", "val"]
    table = RunsTable(state)
    async with shown(table):
        seen = []
        for _ in range(4):
            table.next_sort()
            seen.append(state.view.sort)
    assert seen == ["name", "age", "val", "newest"]


async def test_an_empty_list_says_which_filter_hides_the_runs_and_how_to_clear_it(
    lab: Lab,
) -> None:
    lab.add("a")
    state = state_of(lab)
    table = RunsTable(state)
    async with shown(table, size=(80, 24)) as (host, pilot):
        state.view.filter = "val<0.1 [b]"
        table.show()
        await pilot.pause()
        painted = "\n".join(lines(host))
        for line in ("no run matches", "val<0.1 [b]", "esc lists all runs"):
            assert line in painted
        table.clear_filter()
        await pilot.pause()
        assert names(table) == ["a"]
        assert "no run matches" not in "\n".join(lines(host))


async def test_an_error_in_the_filter_is_explained_while_it_is_typed_and_keeps_the_list() -> None:
    kept: list[str] = []

    def follow(text: str) -> str:
        kept.append(text)
        return f"{len(text)} runs"

    dialog = FilterScreen("", follow)
    async with asked(dialog) as (host, pilot):
        result = dialog.query_one("#filter-result", Static)
        await pilot.press(*"val", "<")
        await until(pilot, lambda: "the value after val< is missing" in str(result.render()))
        assert kept[-1] == "val"
        await pilot.press("enter")
        await pilot.pause()
        assert not host.results, "a filter with an error is not kept"
        await pilot.press("1")
        await until(pilot, lambda: str(result.render()) == "5 runs")
        assert "accuracy>90%" in "\n".join(lines(host)), "examples are shown"
        await pilot.press("enter")
        await until(pilot, lambda: host.results == [None])
    assert kept[-1] == "val<1"


async def test_escape_in_the_dialog_removes_the_filter() -> None:
    kept: list[str] = []

    def follow(text: str) -> str:
        kept.append(text)
        return ""

    async with asked(FilterScreen("gru", follow)) as (host, pilot):
        assert host.screen.query_one(Input).value == "gru"
        await pilot.press("escape")
        await until(pilot, lambda: host.results == [None])
    assert kept[-1] == ""


async def test_columns_are_chosen_ordered_and_remembered(lab: Lab, tmp_path: Path) -> None:
    lab.add("a", best_val_loss=1.25)
    state = state_of(lab)
    defaults = default_columns(state.summaries.values())
    dialog = ColumnsScreen([], defaults, lambda columns: setattr(state.view, "columns", columns))
    async with asked(dialog) as (host, pilot):
        rows = dialog.query_one(OptionList)
        await pilot.press("space")  # hide the first one
        assert state.view.columns == defaults[1:]
        best = [option.id for option in rows.options].index("best")
        rows.highlighted = best
        await pilot.press("space", *["K"] * best)
        assert state.view.columns == ["best", *defaults[1:]]
        await pilot.press("enter")
        await until(pilot, lambda: host.results == [None])
    save_view(state.view, tmp_path / "view.json")
    assert load_view(tmp_path / "view.json").columns == ["best", *defaults[1:]]
    table = RunsTable(state)
    async with shown(table, size=(80, 24)) as (host, pilot):
        table.show()
        await pilot.pause()
        assert "1.2500" in "\n".join(lines(host))


async def test_the_columns_dialog_restores_the_defaults_or_what_was_there() -> None:
    chosen: list[list[str]] = []
    for key, result in (("0", []), ("escape", ["age"])):
        async with asked(ColumnsScreen(["age"], ["val", "train"], chosen.append)) as (_, pilot):
            await pilot.press("down", "space")
            assert chosen[-1] == ["age", "val"]
            await pilot.press("k", "space")
            assert chosen[-1] == ["val"]
            await pilot.press("j", "space")
            assert chosen[-1] == ["val"], "the last column stays: none would mean the defaults"
            await pilot.press(key)
            assert chosen[-1] == result


def test_an_old_view_has_the_default_columns_and_invalid_letters_are_ignored(
    tmp_path: Path,
) -> None:
    file = tmp_path / "view.json"
    for text in ('{"sort": "speed"}', '{"columns": [1], "letters": {"a": "x", "b": "x"}}'):
        file.write_text(text)
        view = load_view(file)
        assert (view.columns, view.letters) == (ViewState().columns, {})


async def test_the_rows_that_are_listed_before_the_first_layout_are_built_once(lab: Lab) -> None:
    built: list[str] = []

    class Counted(RunsTable):
        def add_row(self, *cells: Text, **options: Any) -> RowKey:
            built.append(str(options["key"]))
            return super().add_row(*cells, **options)

    for number in range(12):
        lab.add(f"run-{number:02}", steps=1)
    table = Counted(state_of(lab))
    async with shown(Static(id="upper"), size=(120, 40)) as (host, pilot):
        table.show()
        await host.mount(table)
        await until(pilot, lambda: any("run-11" in line for line in lines(host)))
        await pilot.pause()
        assert sorted(built) == sorted(names(table))
