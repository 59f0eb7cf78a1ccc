"""The inspect screen in a test: opened on a run, its questions, and answers to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rnnlab.plots import Chart, Curve, Finding, HeatMap, ShadedText
from rnnlab.protocol.messages import Ended, Inspect, Inspected
from rnnlab.tui.app import LabApp
from rnnlab.tui.screens.inspect import InspectScreen
from tests.toys.app_lab import home, until
from tests.toys.fake_generator import FakeGenerator

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from tests.toys.app_lab import Lab


def screen(app: LabApp) -> InspectScreen:
    assert isinstance(app.page, InspectScreen)
    return app.page


async def open_inspect(pilot: Pilot[None], app: LabApp, run: str = "alpha") -> None:
    """Choose a run on the home screen and inspect it."""
    await until(pilot, lambda: home(app).table.row_count == len(app.state.summaries) > 0)
    for _ in app.state.summaries:
        if app.state.chosen_name == run:
            break
        await pilot.press("down")
        await pilot.pause()
    await pilot.press("f7")
    await until(pilot, lambda: isinstance(app.page, InspectScreen))


@asynccontextmanager
async def inspecting(
    lab: Lab, app: LabApp, generator: FakeGenerator, height: int = 40
) -> AsyncIterator[Pilot[None]]:
    """Add the run `alpha` and inspect it; the screen has asked its first question."""
    lab.add("alpha")
    async with app.run_test(size=(120, height)) as pilot:
        await open_inspect(pilot, app)
        await until(pilot, lambda: generator.questions)
        yield pilot


def asked(generator: FakeGenerator) -> Inspect:
    """Return the newest question."""
    question = generator.questions[-1]
    assert isinstance(question, Inspect)
    return question


def answer(generator: FakeGenerator, *findings: Finding) -> None:
    """Answer the newest question."""
    view = asked(generator).view
    found = [replace(finding, view=view).to_json() for finding in findings]
    generator.say(Inspected(generator.latest, found))
    generator.say(Ended(generator.latest, was_cancelled=False, elapsed_s=0.1))


def finding(run: str = "alpha", says: str = "It fades.", units: tuple[str, ...] = ()) -> Finding:
    return Finding(
        "neurons",
        run,
        40,
        (says,),
        (
            HeatMap("norms", ("l0", "l1"), ("1", "2"), ((0.1, 0.2), (0.3, None))),
            Chart("curve", "step", "", (Curve("c", (0.0, 1.0, 2.0), (1.0, 0.5, 0.2), 0),)),
            ShadedText("unit", ("[bold]", "\x1b[31m"), (1.0, -1.0)),
        ),
        units=units,
    )


def shown(app: LabApp) -> str:
    """Return the text of the page."""
    return screen(app).page.text


def is_view(generator: FakeGenerator, view: str) -> Callable[[], bool]:
    return lambda: bool(generator.questions) and asked(generator).view == view
