"""The page of findings: which chart the keys act on, and the viewport of each x axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.plots import Chart, Curve, Finding
from rnnlab.runs.store import RunStore
from rnnlab.tui.inspect.finding_chart import FindingChart
from rnnlab.tui.inspect.findings import Findings
from rnnlab.tui.state.lab_state import LabState
from tests.toys.app_lab import WORLD, until
from tests.toys.host import shown

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


def page_of(folder: Path) -> Findings:
    return Findings(LabState(RunStore(folder), outside=WORLD))


def chart(title: str, x_label: str) -> Chart:
    xs = tuple(float(x) for x in range(1, 40))
    return Chart(title, x_label, "", (Curve("c", xs, tuple(1 / x for x in xs), 0),))


def finding(*charts: Chart) -> Finding:
    return Finding("neurons", "alpha", 40, ("It fades.",), charts)


async def charts_of(page: Findings, pilot: Pilot[None], number: int) -> list[FindingChart]:
    def charts() -> list[FindingChart]:
        return list(page.query(FindingChart))

    await until(pilot, lambda: len(charts()) == number and all(one.title for one in charts()))
    return charts()


async def test_charts_of_one_x_axis_share_a_viewport_and_those_of_another_keep_theirs(
    tmp_path: Path,
) -> None:
    page = page_of(tmp_path)
    async with shown(page, size=(100, 60)) as (_host, pilot):
        page.show([finding(chart("a", "step"), chart("b", "step"), chart("lags", "lag"))])
        a, b, lags = await charts_of(page, pilot, 3)
        assert page.front() is a
        page.point_at(5.0)
        page.smooth(1)
        assert all("at step 5" in one.text for one in (a, b))
        assert "at lag" not in lags.text
        page.bring_to_front(lags)
        await until(pilot, lambda: lags.has_focus)
        assert page.front() is lags
        page.point_at(9.0)
        assert "at step 5" in a.text
        assert "at lag 9" in lags.text
        assert "smoothed 0.5" in a.text
        assert "smoothed" not in lags.text, "they are no noisy measurements"
        page.bring_to_front(b)
        await until(pilot, lambda: b.has_focus)
        assert page.viewport.cursor == 5.0
        page.point_at(7.0)
        assert "at step 7" in a.text
        assert "at lag 9" in lags.text


async def test_the_scale_of_one_chart_is_switched_and_a_page_without_charts_has_none(
    tmp_path: Path,
) -> None:
    page = page_of(tmp_path)
    async with shown(page, size=(100, 60)) as (_host, pilot):
        page.show([finding(chart("a", "step"), chart("b", "step"))])
        a, b = await charts_of(page, pilot, 2)
        assert page.toggle_log() is True
        assert (a.chart.is_log, b.chart.is_log) == (True, False)
        assert page.toggle_log() is False
        page.show([finding()])
        await until(pilot, lambda: not page.query(FindingChart))
        assert page.front() is None
        assert page.toggle_log() is False
        page.move_cursor(1)
        page.zoom(0.5)
        assert "It fades." in page.text
