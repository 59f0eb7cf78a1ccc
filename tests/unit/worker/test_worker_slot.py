"""A worker takes a slot, or trains without one if the files of the slots cannot be opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rnnlab.runs.lock import take_lock
from rnnlab.runs.mailbox import Command
from rnnlab.runs.paths import QueuePaths
from rnnlab.runs.pending import read_pending, write_pending
from rnnlab.runs.queue import Queue
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from rnnlab.worker._slot import hold_slot, preferred_slots, take_free_slot


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A run whose lock this process holds, as its worker would."""
    run = RunStore(tmp_path).create("mine", RunConfig(corpus="stump", device="cpu").to_toml())
    lock = take_lock(run.paths.lock)
    assert lock is not None
    yield run
    os.close(lock)


def test_a_run_trains_if_the_slots_cannot_be_opened(tmp_path: Path, run: Run) -> None:
    QueuePaths(tmp_path).slot("cpu", 0).mkdir(parents=True)
    assert take_free_slot(run, 1) is None
    QueuePaths(tmp_path).slot("cpu", 0).rmdir()
    slot = take_free_slot(run, 1)
    assert slot is not None
    assert take_free_slot(run, 1) is None, "it is taken"
    os.close(slot)


class Scripted:
    """A reporter that has the same command at every poll and does not write."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.num_waits = 0

    def commands(self) -> list[Command]:
        return [self.command]

    def check_folder(self) -> None: ...

    def wait(self) -> None:
        self.num_waits += 1
        assert self.num_waits < 10, "no slot becomes free"


def test_a_run_that_is_stopped_while_queued_leaves_the_queue(tmp_path: Path, run: Run) -> None:
    queue = Queue(tmp_path)
    queue.join(run.name, "cpu")
    reporter: Any = Scripted(Command("stop"))
    with hold_slot(run, reporter, lambda: 0) as may_train:
        assert not may_train
    assert not queue.has(run.name)


def test_a_change_of_a_queued_run_waits_for_its_first_step(tmp_path: Path, run: Run) -> None:
    Queue(tmp_path).join(run.name, "cpu")
    write_pending(run.paths, {"steps": 50, "lr": 0.1})
    reporter: Any = Scripted(Command("set", values={"epochs": 3.0}))
    with hold_slot(run, reporter, lambda: int(reporter.num_waits > 0)) as may_train:
        assert may_train
    assert read_pending(run.paths) == {"lr": 0.1, "epochs": 3.0}


def test_the_number_of_slots_may_change_while_a_run_waits(tmp_path: Path, run: Run) -> None:
    Queue(tmp_path).join(run.name, "cpu")
    reporter: Any = Scripted(Command("checkpoint"))
    with hold_slot(run, reporter, lambda: int(reporter.num_waits > 2)) as may_train:
        assert may_train
        assert take_free_slot(run, 1) is None, "it is held"
    after = take_free_slot(run, 1)
    assert after is not None, "it is free again"
    os.close(after)
    assert reporter.num_waits == 3
    assert not Queue(tmp_path).has(run.name)


@pytest.mark.parametrize(("content", "expected"), [("slots = 3", 3), ("slots = [", 1)])
def test_unreadable_preferences_give_one_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, expected: int
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(content, encoding="utf-8")
    monkeypatch.setenv("RNNLAB_CONFIG", str(file))
    assert preferred_slots() == expected
