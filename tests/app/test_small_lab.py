"""The lab on small and middle-sized terminals: what has no room is hidden, its key shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import RadioButton, RadioSet

from tests.toys.app_lab import home, table, until
from tests.toys.picture import lines

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


async def test_charts_without_room_are_hidden_until_their_key_shows_them(
    lab: Lab, app: LabApp, generator: FakeGenerator
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(50, 15)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        assert home(app).plots.display
        await pilot.press("i", "x", "enter")
        await until(pilot, lambda: generator.requests)
        generator.answer(" one", " two", " three")
        await until(pilot, lambda: not home(app).query_one("#upper").display)
        assert "Charts" not in "\n".join(lines(app)), "a title with nothing below it"
        await pilot.press("escape", "2")
        await until(pilot, lambda: home(app).plots.content_size.height >= 10)
        await pilot.press("2")
        await until(pilot, lambda: not home(app).query_one("#upper").display)
        await pilot.press("3")  # without the answers they have room
        await until(pilot, lambda: home(app).plots.content_size.height >= 3)


async def test_details_are_large_next_to_the_charts_and_hidden_again_by_their_key(
    lab: Lab, app: LabApp
) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        page = home(app)
        assert not page.details.display
        await pilot.press("4")
        await until(pilot, lambda: page.details.size.width >= 40)
        assert page.details.size.height >= 20
        assert all(pane.display for pane in (page.table, page.plots, page.pane))
        await pilot.press("4")
        await until(pilot, lambda: not page.details.display)
        await pilot.resize_terminal(200, 50)
        await until(pilot, lambda: page.details.display)  # the default of a wide terminal


async def test_the_charts_name_their_keys_at_every_size(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: table(app).row_count)
        await until(pilot, lambda: "tab more keys" in "\n".join(lines(app)))
        home(app).plots.focus()
        await until(pilot, lambda: "← → cursor · ↑ ↓ zoom" in "\n".join(lines(app)))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "Charts: ← → cursor · ↑ ↓ zoom" in "\n".join(lines(app)))
        table(app).focus()
        await until(pilot, lambda: "cursor" not in "\n".join(lines(app)))


async def test_every_choice_of_a_preference_is_in_sight_on_a_narrow_terminal(app: LabApp) -> None:
    async with app.run_test(size=(50, 15)) as pilot:
        await pilot.press("f12")
        await until(pilot, lambda: app.screen.query(RadioButton))
        choices = app.screen.query(RadioButton)
        assert all(choice.size.width >= len(str(choice.label)) + 4 for choice in choices)
        assert all(
            choice.region.right <= choice.query_ancestor(RadioSet).region.right
            for choice in choices
        )


async def test_two_runs_are_in_sight_on_the_lowest_terminal(lab: Lab, app: LabApp) -> None:
    for name in ("alpha", "beta", "gamma"):
        lab.add(name)
    async with app.run_test(size=(50, 15)) as pilot:
        await until(pilot, lambda: table(app).row_count == 3)
        await until(pilot, lambda: home(app).plots.content_size.height == 4)
        names = [name for name in ("alpha", "beta", "gamma") if name in "\n".join(lines(app)[:5])]
        assert len(names) == 2
