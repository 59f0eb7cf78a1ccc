"""The form of a new run: filled in for the best weights of another one, and asking about values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input, Static

from rnnlab.tui.screens.new_run import NewRunScreen
from tests.toys.app_lab import table, until
from tests.toys.picture import lines

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab


async def test_a_finished_run_is_continued_from_its_best_weights_in_a_new_run(
    lab: Lab, app: LabApp
) -> None:
    run = lab.add("alpha", "finished", epoch=10.0, best_step=100)
    run.paths.pointer("best").write_text("100")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await pilot.press("r", "ctrl+b")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
        rate = app.page.query_one("#field-lr", Input)
        await until(
            pilot, lambda: app.page.query_one("#field-init_from", Input).value == "alpha@best"
        )
        app.page.query_one("#field-init_from", Input).value = ""  # alpha has no file of weights
        app.page.query_one("#field-corpus", Input).value = "stump"
        rate.value = "1000"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "press ^r again if you mean it" in "\n".join(lines(app)))
        assert "lr = 1000: more than 0.5, the usual limit with adamw" in "\n".join(lines(app))
        assert isinstance(app.screen, NewRunScreen)
        about = app.page.query_one("#about", Static)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "again if you mean it" not in str(about.render()))
