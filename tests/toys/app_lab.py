"""Runs on disk without workers, a clock, and ways to drive and read the app."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from rnnlab.base.files import replace_text
from rnnlab.runs.journal import Journal
from rnnlab.runs.lock import take_lock
from rnnlab.runs.mailbox import collect
from rnnlab.runs.records import (
    ACTIVE_STATES,
    EvalRecord,
    EventRecord,
    State,
    Status,
    TrainRecord,
    encode_status,
)
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from rnnlab.tui.app import LabApp
from rnnlab.tui.charts.chart_pane import ChartPane
from rnnlab.tui.outside import Outside
from rnnlab.tui.runs.table import RunsTable
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.shell.screen import BaseScreen
from tests.toys.fake_generator import FakeGenerator
from tests.toys.painted_at_rest import paint, paint_at_rest
from tests.toys.parsed_once import parse_styles_once
from tests.toys.picture import strips_of

parse_styles_once()
paint_at_rest()

_Page = TypeVar("_Page", bound=BaseScreen)


def start_nothing(_run: Run, *, is_queued: bool = False) -> None:
    """Stand for the launch of a worker."""


WORLD = Outside(
    make_generator=FakeGenerator, launch=start_nothing, estimate_after_s=3600.0, toast_s=3600.0
)
"""A lab without processes; nothing is measured by itself, as that would load torch."""
WITH_WORKERS = Outside(make_generator=FakeGenerator, estimate_after_s=3600.0, toast_s=3600.0)
"""A lab whose runs are trained by real workers."""


@dataclass
class Lab:
    """A folder of runs that a test fills."""

    store: RunStore
    locks: list[int] = field(default_factory=list)

    def add(
        self,
        name: str,
        state: State = "finished",
        steps: int = 40,
        task: str = "stream",
        **status: object,
    ) -> Run:
        """Make a run; an active one is locked by this process, as by its worker."""
        settings = RunConfig.from_values({"corpus": "stump", "task": task})
        run = self.store.create(name, settings.to_toml())
        if state in ACTIVE_STATES:
            lock = take_lock(run.paths.lock)
            assert lock is not None
            self.locks.append(lock)
        self.say(run, state=state, step=steps, created=float(len(list(self.store))), **status)
        self.write(run, range(1, steps + 1))
        return run

    def say(self, run: Run, **status: object) -> None:
        """Write a run's status as its worker would."""
        usual = {"pid": os.getpid(), "host": socket.gethostname(), "parameters": 1234}
        said = Status(**{**usual, **status})  # type: ignore[arg-type]
        replace_text(run.paths.status, encode_status(said))

    def write(self, run: Run, steps: range) -> None:
        """Write journal records."""
        with Journal(run.paths.journal) as journal:
            for step in steps:
                loss = 4.0 - 0.05 * step
                journal.append(
                    TrainRecord(step, step / 10, step / 5, loss, 0.5, 0.9, 0.1, 0, 0.002, 1000.0)
                )
            journal.append(EvalRecord(steps[-1], 1.0, 9.0, 2.5, True))
            journal.append(EventRecord(steps[-1], "finished"))


class OpenLab(Protocol):
    """Make an app over a folder of runs, by default the test's own."""

    def __call__(self, store: RunStore | None = None, **options: Any) -> LabApp: ...


@dataclass
class Clock:
    """A clock that stands until a test moves it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def home(app: LabApp) -> LabScreen:
    """Return the home screen, which must be the one that is shown below any dialog."""
    assert isinstance(app.page, LabScreen)
    return app.page


def table(app: LabApp) -> RunsTable:
    """Return the list of runs of the home screen."""
    return home(app).table


def row_text(app: LabApp, name: str) -> str:
    """Return the cells of a run's row, as one line."""
    return " ".join(cell.plain for cell in table(app).get_row(name))


def chart(app: LabApp, plot: str) -> str:
    """Return what is drawn of a plot, without colours."""
    return app.screen.query_one(f"#plot-{plot}", ChartPane).text


def text_of(app: LabApp, selector: str) -> str:
    """Return the text of the one widget of the screen that a selector fits."""
    return str(app.screen.query_one(selector, Static).render())


def toasts(app: LabApp) -> list[str]:
    """Return the toasts on the screen, oldest first: `run_test(notifications=True)` shows them."""
    return [str(toast.render()) for toast in app.screen.query("Toast").results(Static)]


def mailed(run: Run) -> list[str]:
    """Take the actions of the commands in a run's mailbox out of it, and return them."""
    return [command.action for command in collect(run.paths.mailbox)]


_DEADLINE_S = 40
_READ_FROM = 4
"""Waits after which the runs are read: the effect of a key comes earlier."""
_PAINTED_FROM = 8
"""Waits after which a condition may need a painted screen, as a list that scrolls once drawn."""


async def until(
    pilot: Pilot[None], condition: Callable[[], object], seconds: float = _DEADLINE_S
) -> None:
    """Wait until a condition holds, the runs read soon; fail by a deadline far away.

    They are read again ever more seldom, as each time takes milliseconds; the app itself does it
    twice per second. What has changed on the screen is painted in the end.
    """
    wait_s, num_waits = 0.01, 0
    async with asyncio.timeout(seconds):
        while not condition():
            num_waits += 1
            if num_waits.bit_count() == 1:  # 1, 2, 4, 8, ...
                if isinstance(pilot.app, LabApp) and num_waits >= _READ_FROM:
                    pilot.app.poll_now()
                if num_waits >= _PAINTED_FROM:
                    paint(pilot.app)
            await asyncio.sleep(wait_s)
            wait_s = min(1.2 * wait_s, 0.1)
    await pilot.pause()
    paint(pilot.app)


async def opened(pilot: Pilot[None], app: LabApp, key: str, kind: type[_Page]) -> _Page:
    """Press the key of a screen once the runs are listed; return the screen with its focus."""
    await until(pilot, lambda: home(app).table.row_count)
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, kind) and app.focused)
    assert isinstance(app.screen, kind)
    return app.screen


def burst(app: LabApp, *keys: str) -> None:
    """Press keys without a pause, as they come over a slow line: in one piece."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


def painted(app: App[Any], part: str) -> str:
    """Return a part of the screen as it is painted, its lines as one."""
    region = app.screen.query_one(f"#{part}").region
    text = " ".join(strip.text for strip in strips_of(app, region))
    return " ".join(text.split())
