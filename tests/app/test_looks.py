"""How the lab looks and what it remembers: preferences, terminals, views; pure where it can be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.widgets import Input, RadioSet

from rnnlab.preferences import Preferences, load_preferences
from rnnlab.runs.store import Run
from rnnlab.runs.summary import RunSummary, summarise
from rnnlab.tui import asking_app
from rnnlab.tui.app import LabApp
from rnnlab.tui.appearance import appearance_of, to_ascii
from rnnlab.tui.order import SORTS, matches, ordered
from rnnlab.tui.runs.filter_dialog import FilterScreen
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.view_state import ViewState, load_view, save_view
from tests.toys.app_lab import home, painted, until
from tests.toys.fake_generator import FakeGenerator

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab


@pytest.fixture
def rows(lab: Lab) -> list[RunSummary]:
    runs: list[Run] = [
        lab.add("gru-a", train_loss=2.0, val_loss=2.5),
        lab.add("lstm-b", "failed", train_loss=1.0, val_loss=None),
        lab.add("gru-c", "running", train_loss=3.0, val_loss=1.5),
    ]
    return [summarise(run) for run in runs]


def names(rows: list[RunSummary]) -> list[str]:
    return [row.name for row in rows]


def test_runs_at_work_come_first_then_the_newest(rows: list[RunSummary]) -> None:
    assert names(ordered(rows)) == ["gru-c", "lstm-b", "gru-a"]


def test_runs_are_sorted_by_their_figures_and_those_without_come_last(
    rows: list[RunSummary],
) -> None:
    assert names(ordered(rows, "val")) == ["gru-c", "gru-a", "lstm-b"]
    assert names(ordered(rows, "train")) == ["lstm-b", "gru-a", "gru-c"]
    assert names(ordered(rows, "name", is_reversed=True)) == ["lstm-b", "gru-c", "gru-a"]
    for sort in SORTS:
        assert len(ordered(rows, sort)) == 3


def test_pinned_runs_stay_at_the_top_whatever_the_filter(rows: list[RunSummary]) -> None:
    assert names(ordered(rows, "val", text="gru", pinned=["lstm-b"])) == [
        "lstm-b",
        "gru-c",
        "gru-a",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [("gru", "ac"), ("GRU !c", "a"), ("-a|-b", "ab"), ("failed", "b"), ("gru running", "c"),
     ("*u-?", "ac"), ("", "abc"), ("!", ""), ("[", "")],
)  # fmt: skip
def test_a_filter_means_words_alternatives_and_what_is_not(
    rows: list[RunSummary], text: str, found: str
) -> None:
    assert "".join(row.name[-1] for row in rows if matches(row, text)) == found


@given(st.text())
def test_ascii_keeps_the_width_of_any_text(text: str) -> None:
    shown = to_ascii(text)
    assert shown.isascii()
    assert cell_len(shown) == sum(map(cell_len, text))


def test_appearance_follows_preference_and_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORFGBG", "0;15")
    assert appearance_of(Preferences()).theme == "light"
    monkeypatch.setenv("COLORFGBG", "15;0")
    assert appearance_of(Preferences()).theme == "dark"
    assert appearance_of(Preferences(theme="light")).theme == "light"
    monkeypatch.setenv("TERM", "linux")
    assert appearance_of(Preferences()).glyphs == "ascii"
    assert appearance_of(Preferences(glyphs="blocks")).glyphs == "blocks"
    monkeypatch.setenv("NO_COLOR", "1")
    assert not appearance_of(Preferences()).has_color


def test_a_view_is_kept_and_what_is_broken_in_its_file_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "x" / "view.json"
    save_view(
        ViewState(chosen="a", colors={"a": 3}, smoothing=0.9, panes={"lab": {"runs": False}}), file
    )
    assert load_view(file).colors == {"a": 3}
    assert load_view(file).panes == {"lab": {"runs": False}}
    file.write_text('{"chosen": 7, "colors": {"a": "x"}, "axis": "sideways", "smoothing": 0.5}')
    assert load_view(file) == ViewState(smoothing=0.5)
    for text in ("[", "[]", "null", "\xff"):
        file.write_text(text)
        assert load_view(file) == ViewState()
    assert load_view(tmp_path / "none") == ViewState()
    save_view(ViewState(), tmp_path / "x" / "view.json" / "no-folder")


def opened(lab: Lab, monkeypatch: pytest.MonkeyPatch, **options: object) -> LabApp:
    monkeypatch.setattr(asking_app, "Generator", FakeGenerator)
    return LabApp(lab.store, **options)  # type: ignore[arg-type]


async def test_the_lab_comes_back_as_it_was_left(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lab.add("alpha")
    lab.add("beta")
    file = tmp_path / "view.json"
    async with opened(lab, monkeypatch, view_file=file).run_test(size=(120, 40)) as pilot:
        first = pilot.app
        assert isinstance(first, LabApp)
        await until(pilot, lambda: home(first).table.row_count == 2)
        await pilot.press("down", "p", "y", "plus", "3", "q")
        color = first.desk.color_of("alpha")
    async with opened(lab, monkeypatch, view_file=file).run_test(size=(120, 40)) as pilot:
        again = pilot.app
        assert isinstance(again, LabApp)
        await until(
            pilot, lambda: again.desk.chosen_name == "alpha" and home(again).table.row_count
        )
        assert again.desk.view.pinned == ["alpha"]
        assert again.desk.color_of("alpha") == color
        assert home(again).plots.view.is_log
        assert home(again).plots.look.smoothing == 0.5
        assert not home(again).panes.is_shown("prompt-pane")


async def test_the_runs_are_filtered_while_it_is_written_and_escape_lists_all_again(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    lab.add("beta")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, FilterScreen))
        await pilot.press("a", "l", "p")
        await until(pilot, lambda: home(app).table.row_count == 1)
        await pilot.press("enter")
        assert "Runs 1 of 2 · /alp" in str(home(app).table.border_title)
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, FilterScreen))
        await pilot.press("escape")
        await until(pilot, lambda: home(app).table.row_count == 2)
        assert app.desk.view.filter == ""


async def test_a_list_without_runs_says_why_and_what_to_do(lab: Lab, app: LabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "no run yet: n starts one" in painted(app, "runs"))
        lab.add("alpha")
        await until(pilot, lambda: home(app).table.row_count == 1)
        assert "Runs" in painted(app, "runs")
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, FilterScreen))
        await pilot.press("z", "enter")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        await until(pilot, lambda: "Runs 0 of 1 · /z" in painted(app, "runs"))
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "/ then esc lists all" in painted(app, "runs"))


async def test_a_setting_holds_at_once_and_is_kept(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
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
        problem = app.screen.query_one("#settings-problem")
        await until(pilot, lambda: "a whole number from 1 to 64" in str(problem.render()))
        field.value = "3"
        await pilot.press("enter")
        await until(pilot, lambda: load_preferences().slots == 3)


async def test_in_ascii_nothing_else_reaches_the_terminal(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add("alpha", "running")
    app = opened(lab, monkeypatch, preferences=Preferences(glyphs="ascii"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 1)
        await pilot.pause(0.3)
        for strip in app.screen._compositor.render_strips():
            assert strip.text.isascii(), strip.text


async def test_without_colours_none_is_sent(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.add("alpha")
    app = opened(lab, monkeypatch, preferences=Preferences(colors="none"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 1)
        for strip in app.screen._compositor.render_strips():
            for segment in strip:
                if segment.style is not None and segment.style.color is not None:
                    assert segment.style.color.is_default


async def test_the_machine_is_shown(lab: Lab, app: LabApp) -> None:
    lab.add("alpha", "running")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 1)
        await pilot.press("f10")
        await until(pilot, lambda: app.page.entry_name == "system")

        def shown() -> str:
            return "\n".join(strip.text for strip in app.screen._compositor.render_strips())

        await until(pilot, lambda: "alpha (running)" in shown())
        for word in ("processor", "memory", "disk", "gpu", "the lab"):
            assert word in shown()
