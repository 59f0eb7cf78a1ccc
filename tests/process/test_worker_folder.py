"""A worker and its folder: moved while it waits; a stop that comes before it can save."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from rnnlab.runs import control
from rnnlab.runs import launch as launching
from rnnlab.runs.lock import is_locked
from rnnlab.runs.mailbox import Command, send
from rnnlab.runs.queue import Queue
from rnnlab.runs.store import Run
from tests.toys.forked_workers import forked_workers
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
    lab: Lab, monkeypatch: pytest.MonkeyPatch
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
    call_stop(lab, new)


def call_stop(lab: Lab, run: Run) -> None:
    control.stop(run)
    lab.until_state(run, "stopped")


@pytest.mark.parametrize("how", ["signal", "mail"])
def test_a_stop_before_the_first_step_ends_the_run_at_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The worker reads its text from a pipe to which nobody writes, and would so for ever."""
    text = lab.folder / "endless.txt"
    text.write_text("Le roi mange un pain.\n" * 50, encoding="utf-8")
    starting = threading.Event()
    start = launching.start_worker

    def start_and_stop(arguments: list[str], log: int, lock: int) -> int:
        text.unlink()
        os.mkfifo(text)
        pid = start(arguments, log, lock)
        if how == "signal":
            os.kill(pid, signal.SIGTERM)  # before its first line of Python
        starting.set()
        return pid

    with forked_workers():
        start = launching.start_worker
        monkeypatch.setattr(launching, "start_worker", start_and_stop)
        monkeypatch.setattr("tests.toys.forked_workers.fork_worker", start_and_stop)
        run = lab.train("a", *ENDLESS, text=text)
    if how == "mail":
        send(run.paths.mailbox, Command("stop"))
    status = lab.until_state(run, "stopped")
    assert (status.step, status.reason) == (0, "")
    lab.until(lambda: not is_locked(run.paths.lock), "the worker has ended")
