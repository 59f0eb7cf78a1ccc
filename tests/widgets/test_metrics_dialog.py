"""The dialog that chooses the charts, in a bare host."""

from __future__ import annotations

from textual.widgets import OptionList

from rnnlab.tui.charts.metrics_dialog import MetricsChoice, MetricsScreen
from rnnlab.tui.charts.plot_grid import default_order
from tests.toys.host import Host, asked

ORDER = tuple(default_order())


async def choose(*keys: str) -> MetricsChoice | None:
    host: Host
    async with asked(MetricsScreen(ORDER, ["bits"], has_means=True), (120, 40)) as (host, pilot):
        await pilot.press(*keys)
        await pilot.pause()
        result: MetricsChoice | None = host.results[-1]
        return result


async def test_space_hides_a_chart_and_shows_it_again_and_enter_returns_the_choice() -> None:
    choice = await choose("down", "space", "enter")
    assert choice == MetricsChoice(ORDER, frozenset({"bits", ORDER[1]}), has_means=True)
    choice = await choose("down", "space", "space", "enter")
    assert choice == MetricsChoice(ORDER, frozenset({"bits"}), has_means=True)
    assert await choose("space", "escape") is None


async def test_a_chart_is_moved_and_the_defaults_come_back_with_a_key() -> None:
    choice = await choose("down", "K", "enter")
    assert choice is not None
    assert choice.order[:2] == (ORDER[1], ORDER[0])
    choice = await choose("J", "J", "enter")
    assert choice is not None
    assert choice.order[:3] == (ORDER[1], ORDER[2], ORDER[0])
    choice = await choose("J", "space", "0", "enter")
    assert choice == MetricsChoice(ORDER, frozenset(), has_means=True)


async def test_seeds_are_drawn_apart_and_one_chart_always_stays() -> None:
    choice = await choose("end", "space", "enter")
    assert choice == MetricsChoice(ORDER, frozenset({"bits"}), has_means=False)
    keys = [key for _ in ORDER for key in ("space", "down")]
    choice = await choose(*keys, "up", "enter")
    assert choice is not None
    assert len(choice.off) == len(ORDER) - 1


async def test_the_list_names_what_each_chart_shows() -> None:
    async with asked(MetricsScreen(ORDER, [], has_means=True), (120, 40)) as (host, pilot):
        await pilot.pause()
        rows = host.screen.query_one(OptionList)
        assert rows.option_count == len(ORDER) + 1
        text = "\n".join(
            "".join(part.text for part in line) for line in host.screen._compositor.render_strips()
        )
        assert "[x] loss" in text
        assert "Perplexity: the exponential of the loss" in text
