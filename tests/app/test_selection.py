"""Several runs at once: selected, acted upon, told apart by their letters, and filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Button, Static

from rnnlab.runs.store import RunStore
from rnnlab.tui.screens.compare import CompareScreen
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from tests.toys.app_lab import Lab, chart, mailed, painted, row_text, table, text_of, toasts, until

if TYPE_CHECKING:
    from pathlib import Path

    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import OpenLab


async def test_seven_selected_runs_are_deleted_after_one_question_that_names_them(
    lab: Lab, app: LabApp
) -> None:
    names = [f"test-{number}" for number in range(7)]
    for name in ("kept", *names):
        lab.add(name, steps=1)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count == 8)
        for _ in names:
            await pilot.press("space", "down")
        assert app.state.chosen_name == "kept", "the cursor is not on a selected run"
        assert "7 selected" in str(table(app).border_title)
        await pilot.press("delete")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        question = str(app.screen.query_one(Static).render())
        assert question.startswith("Delete 7 runs: test-6, test-5, test-4 and 4 more?")
        await pilot.press("y")
        await until(pilot, lambda: table(app).row_count == 1)
        assert toasts(app) == ["7 in the bin (u brings them back)"]
        assert [run.name for run in lab.store] == ["kept"]
        assert app.state.selected == ()


async def test_a_shipped_run_among_the_selected_ones_is_not_deleted_and_the_question_says_so(
    tmp_path: Path, open_lab: OpenLab
) -> None:
    shipped = RunStore(tmp_path / "elsewhere").create("starter", 'corpus = "stump"\n')
    lab = Lab(RunStore(tmp_path / "own", [shipped.paths.root]))
    lab.add("beta", steps=1)
    app = open_lab(lab.store)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        await pilot.press("space", "down", "space", "delete")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        question = str(app.screen.query_one(Static).render())
        assert question == "Delete beta? Not starter: shipped with rnnlab."
        assert [str(button.label) for button in app.screen.query(Button)] == ["Delete", "Cancel"]
        await pilot.press("enter")
        await until(pilot, lambda: toasts(app) == ["beta is in the bin; u brings it back"])


async def test_two_of_three_selected_runs_are_paused_and_the_refusal_gives_the_reason(
    lab: Lab, app: LabApp
) -> None:
    runs = {name: lab.add(name, "running") for name in ("a", "b")}
    lab.add("ended")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: table(app).row_count == 3)
        await pilot.press("space", "down", "space", "down", "space")
        app.page.action_do("pause")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        assert "Pause 3 runs: b, a, ended?" in str(app.screen.query_one(Static).render())
        await pilot.press("enter")
        await until(pilot, lambda: toasts(app))
        (toast,) = toasts(app)
        assert toast.startswith("2 paused, 1 refused: 'ended' is finished")
        assert {name: mailed(run) for name, run in runs.items()} == {"a": ["pause"], "b": ["pause"]}
        await pilot.press("U")
        assert app.state.selected == ()
        assert "selected" not in str(table(app).border_title)


async def test_a_letter_means_the_same_run_in_the_list_the_charts_and_compare(
    lab: Lab, app: LabApp
) -> None:
    for name in ("first", "second", "third"):
        lab.add(name)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count == 3)
        await pilot.press("space", "down", "down", "space")  # third, then first
        await until(pilot, lambda: "a first" in chart(app, "loss"))
        assert "c third" in chart(app, "loss")
        assert row_text(app, "first").startswith("◆a✓ first")
        assert row_text(app, "third").startswith("◆c✓ third")
        assert row_text(app, "second").startswith("▎ ✓ second")
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.page, CompareScreen) and app.page.names)
        named = text_of(app, "#compare-runs")
        assert "▎a first" in named
        assert "▎c third" in named


async def test_runs_are_found_by_a_figure_and_escape_lists_them_all_again(
    lab: Lab, app: LabApp
) -> None:
    for name, val in (("good", 0.5), ("bad", 2.5)):
        lab.add(name, val_loss=val)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: table(app).row_count == 2)
        await pilot.press("slash", *"val", "less_than_sign", "1", "enter")
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        await until(pilot, lambda: "Runs 1 of 2 · /val<1" in painted(app, "runs"))
        assert app.state.chosen_name == "good"
        assert app.page.escape_label() == "All runs"
        await pilot.press("escape")
        await until(pilot, lambda: table(app).row_count == 2)
        assert app.page.escape_label() == ""
