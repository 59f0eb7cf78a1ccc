"""What the lab shows at once when it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.tui.charts.chart_pane import ChartPane
from tests.toys.app_lab import home

if TYPE_CHECKING:
    import pytest
    from textual.events import Resize
    from textual.geometry import Size

    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab


async def test_the_runs_and_their_charts_have_their_places_in_the_first_frame(
    lab: Lab, app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.add("alpha")
    lab.add("beta")
    sizes: list[tuple[str, Size]] = []
    draw = ChartPane.on_resize

    def note(pane: ChartPane, event: Resize) -> None:
        sizes.append((pane.plot, event.size))
        draw(pane, event)

    monkeypatch.setattr(ChartPane, "on_resize", note)
    async with app.run_test(size=(120, 40)) as pilot:
        assert home(app).table.row_count == 2
        await pilot.pause()
        panes = [pane for pane in home(app).plots.query(ChartPane) if pane.region]
        assert len(panes) == 3
        assert sorted(sizes) == sorted((pane.plot, pane.size) for pane in panes)  # one size each
