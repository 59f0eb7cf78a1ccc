"""A worker and its folder: moved while it waits; a stop that comes before it can save."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from unittest import mock

import pytest

from rnnlab.runs import control
from rnnlab.runs.lock import is_locked
from rnnlab.runs.mailbox import Command, send
from rnnlab.runs.queue import Queue
from tests.toys import forked_workers as workers
from tests.toys.forked_workers import can_fork
from tests.toys.lab import Call, Lab

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

ENDLESS = ["--steps", "100000000", "--eval-every", "100000000", "--length", "16"]


def content(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the files of a folder, each with its inode and its size."""
    files = [file for file in folder.rglob("*") if file.name != "status.json"]
    return {str(file): (file.stat().st_ino, file.stat().st_size) for file in files}


def test_a_run_that_is_renamed_by_hand_ends_and_leaves_the_new_run_of_its_name_alone(
    lab: Lab, call: Call
) -> None:
    old = lab.train("pp", *ENDLESS)
    lab.until_step(old, 2)
    call(lab, "pause", "pp")
    lab.until_state(old, "paused")
    saved = old.paths.read_pointer("last")
    old.paths.root.rename(lab.checkpoints / "pp-old")
    new = lab.train("pp", *ENDLESS, "--seed", "5")
    lab.until_step(new, 2)
    call(lab, "pause", "pp")
    lab.until_state(new, "paused")
    before, status = content(new.paths.root), new.status()
    moved = lab.open("pp-old")
    ended = lab.until_state(moved, "failed")
    assert ended.reason == (
        "its folder was moved: the run is now 'pp-old'; `rnnlab resume pp-old` continues it"
    )
    lab.until(lambda: not is_locked(moved.paths.lock), "the old worker has ended")
    assert moved.paths.read_pointer("last") == saved == ended.step
    assert content(new.paths.root) == before
    assert new.status().pid == status.pid != ended.pid
    call(lab, "resume", "pp-old", "--detach")
    lab.until_step(moved, ended.step + 1)
    for name in ("pp", "pp-old"):
        call(lab, "stop", name)
        lab.until_state(lab.open(name), "stopped")


def test_a_queued_run_that_is_renamed_by_hand_takes_no_turn_of_another(
    lab: Lab,
) -> None:
    queue = Queue(lab.checkpoints)
    lab.checkpoints.mkdir(exist_ok=True)
    slot = queue.take_slot("cpu", 1)
    assert slot is not None
    old = lab.train("pp", *ENDLESS, "--queue", "--device", "cpu")
    lab.until(lambda: old.status().pid, "it waits")
    old.paths.root.rename(lab.checkpoints / "pp-old")
    new = lab.train("pp", *ENDLESS, "--queue", "--device", "cpu")
    os.close(slot)
    lab.until_state(lab.open("pp-old"), "failed")
    lab.until_step(new, 1)
    control.stop(new)
    lab.until_state(new, "stopped")


def read_for_ever(*_: object, **__: object) -> None:
    threading.Event().wait()


@pytest.mark.parametrize("how", ["signal", "mail"])
def test_a_stop_before_the_first_step_ends_the_run_at_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The worker would read its text for ever, as it would on a disk that does not answer."""
    if not can_fork():
        pytest.skip("the fault is made in a fork")
    fork = workers.fork_worker

    def fork_and_stop(arguments: list[str], log: int, lock: int) -> int:
        with mock.patch("rnnlab.corpora.prepare", read_for_ever):
            pid = fork(arguments, log, lock)
        if how == "signal":
            os.kill(pid, signal.SIGTERM)  # before the worker has a handler
        return pid

    monkeypatch.setattr(workers, "fork_worker", fork_and_stop)
    run = lab.train("a", *ENDLESS)
    if how == "mail":
        send(run.paths.mailbox, Command("stop"))
    status = lab.until_state(run, "stopped")
    assert (status.step, status.reason) == (0, "")
    lab.until(lambda: not is_locked(run.paths.lock), "the worker has ended")
