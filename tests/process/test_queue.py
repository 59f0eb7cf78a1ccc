"""The queue with real workers: in order, seen and changed in the lab, freed however a run ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from rnnlab.base.preferences import save_preference
from rnnlab.runs.queue import Queue
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from tests.toys.app_lab import WITH_WORKERS, home, until
from tests.toys.lab import Call, Lab

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

ENDLESS = [
    "--steps", "100000000", "--eval-every", "100000000", "--length", "16", "--device", "cpu",
]  # fmt: skip


@pytest.fixture(autouse=True)
def one_slot(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one run of the lab train at a time, by the preferences that its workers read."""
    monkeypatch.setenv("XDG_CONFIG_HOME", lab.environment["XDG_CONFIG_HOME"])
    save_preference("slots", 1)


@pytest.fixture
def taken(lab: Lab) -> Iterator[None]:
    """The slot, held by somebody else: no worker has to load torch for it."""
    lab.checkpoints.mkdir()
    slot = Queue(lab.checkpoints).take_slot("cpu", 1)
    assert slot is not None
    yield
    os.close(slot)


def enqueue(lab: Lab, name: str) -> Run:
    """Start a worker that waits."""
    run = lab.train(name, *ENDLESS, "--queue")
    lab.until_state(run, "queued")
    return run


def waiting(lab: Lab) -> list[str]:
    return [entry.name for entry in Queue(lab.checkpoints).waiting()]


def is_free(lab: Lab) -> bool:
    slot = Queue(lab.checkpoints).take_slot("cpu", 1)
    if slot is not None:
        os.close(slot)
    return slot is not None


def test_runs_start_in_order_a_pause_keeps_the_slot_and_a_death_frees_it(
    lab: Lab, call: Call
) -> None:
    first = lab.train("first", *ENDLESS, "--queue")
    lab.until_step(first, 1)
    second, third = enqueue(lab, "second"), enqueue(lab, "third")
    call(lab, "pause", "first")
    lab.until_state(first, "paused")
    assert not is_free(lab)
    assert waiting(lab) == ["second", "third"]
    lab.kill(first)
    lab.until_state(second, "starting", "running")
    assert third.status().state == "queued"
    assert waiting(lab) == ["third"]
    lab.kill(second)
    lab.until_state(third, "starting", "running")
    assert waiting(lab) == []


@pytest.mark.usefixtures("taken")
def test_a_verb_lists_and_reorders_and_stop_takes_a_run_out(lab: Lab, call: Call) -> None:
    one, two = enqueue(lab, "one"), enqueue(lab, "two")
    assert [(e["place"], e["name"]) for e in call(lab, "queue", "--json").json] == [
        (1, "one"),
        (2, "two"),
    ]
    assert "two is number 1 in the queue" in call(lab, "queue", "two", "--first").stderr
    assert waiting(lab) == ["two", "one"]
    call(lab, "stop", "two")
    lab.until_state(two, "stopped")
    assert waiting(lab) == ["one"]
    lab.kill(one)
    assert waiting(lab) == []
    assert call(lab, "queue", "two", "--first", code=2).stdout == ""


@pytest.mark.usefixtures("taken")
async def test_the_lab_shows_the_queue_and_its_keys_change_it(lab: Lab) -> None:
    one, two = enqueue(lab, "one"), enqueue(lab, "two")
    app = LabApp(RunStore(lab.checkpoints), outside=WITH_WORKERS)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_listed(pilot, app, "one", "two")
        home(app).table.choose("two")
        for key, order in (("<", ("two", "one")), (">", ("one", "two"))):
            await pilot.press(key)
            await until_listed(pilot, app, *order)
        await pilot.press("s")
        await until(pilot, lambda: two.status().state == "stopped")
        await until(pilot, lambda: "■" in app_row(app, "two"))
        await pilot.press("e")
        await until_listed(pilot, app, "one", "two")
        os.kill(one.status().pid, signal.SIGKILL)
        await until_listed(pilot, app, "two")


def app_row(app: LabApp, name: str) -> str:
    table = home(app).table
    listed = [str(row.key.value) for row in table.ordered_rows]
    return " ".join(cell.plain for cell in table.get_row(name)) if name in listed else ""


async def until_listed(pilot: Pilot[None], app: LabApp, *names: str) -> None:
    """Wait until the table numbers the waiting runs so, the next one first."""

    def is_listed() -> bool:
        rows = [row for row in names if f"no. {names.index(row) + 1}" in app_row(app, row)]
        keys = [str(row.key.value) for row in home(app).table.ordered_rows]
        return rows == list(names) and [key for key in keys if key in names] == rows

    await until(pilot, is_listed)
