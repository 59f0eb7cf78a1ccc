"""Live weights: a training worker is asked to save a checkpoint."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rnnlab.base.files import replace_text
from rnnlab.runs.fresh_checkpoint import FOR_A_PROMPT, await_first, resolve_live, save_now
from rnnlab.runs.lock import take_lock
from rnnlab.runs.mailbox import Command, collect
from rnnlab.runs.records import State, Status, encode_status
from rnnlab.runs.store import Run, RunStore


def make_run(folder: Path, state: State) -> Run:
    run = RunStore(folder).create("run", "")
    said = Status(state=state, pid=os.getpid(), host=socket.gethostname(), heartbeat=time.time())
    replace_text(run.paths.status, encode_status(said))
    replace_text(run.paths.pointer("last"), "10\n")
    return run


def test_a_run_that_trains_saves_and_is_waited_for(tmp_path: Path) -> None:
    run = make_run(tmp_path, "running")
    lock = take_lock(run.paths.lock)
    assert lock is not None
    found: list[Command] = []

    def work() -> None:
        while not found:
            found.extend(collect(run.paths.mailbox))
        replace_text(run.paths.pointer("last"), "12\n")

    worker = threading.Thread(target=work)
    worker.start()
    assert resolve_live(run.paths, "live") == "last"
    assert run.paths.read_pointer("last") == 12
    worker.join()
    assert found == [Command("checkpoint", FOR_A_PROMPT)]
    os.close(lock)


def test_a_worker_that_does_not_answer_is_not_waited_for_long(tmp_path: Path) -> None:
    run = make_run(tmp_path, "running")
    lock = take_lock(run.paths.lock)
    assert lock is not None
    assert not save_now(run.paths, patience_s=0.05)
    os.close(lock)


@pytest.mark.parametrize("state", ["paused", "finished", "running"])
def test_without_a_worker_that_trains_nothing_is_asked(tmp_path: Path, state: State) -> None:
    """A run with the status running and no living worker is lost."""
    run = make_run(tmp_path, state)
    assert not save_now(run.paths)
    assert collect(run.paths.mailbox) == []


@pytest.mark.parametrize("which", ["last", "best", 7])
def test_other_checkpoints_are_as_they_are(tmp_path: Path, which: object) -> None:
    run = make_run(tmp_path, "finished")
    assert resolve_live(run.paths, which) == which  # type: ignore[arg-type]


def test_the_first_weights_of_a_run_that_starts_are_waited_for(tmp_path: Path) -> None:
    run = make_run(tmp_path, "starting")
    run.paths.pointer("last").unlink()
    looks = 0

    def nobody_has_gone() -> bool:
        nonlocal looks
        looks += 1
        if looks == 3:
            replace_text(run.paths.pointer("last"), "0\n")
        return False

    with held(run):
        await_first(run.paths, nobody_has_gone, patience_s=float("inf"))
    assert run.paths.read_pointer("last") == 0


@pytest.mark.parametrize("state", ["queued", "failed", "stopped"])
def test_a_run_that_does_not_start_is_not_waited_for(tmp_path: Path, state: State) -> None:
    run = make_run(tmp_path, state)
    run.paths.pointer("last").unlink()
    await_first(run.paths, lambda: False, patience_s=float("inf"))
    assert run.paths.read_pointer("last") is None


def test_who_waits_no_more_does_not_keep_the_next_one_waiting(tmp_path: Path) -> None:
    run = make_run(tmp_path, "starting")
    run.paths.pointer("last").unlink()
    answers = iter([False, False, True])
    with held(run):
        await_first(run.paths, lambda: next(answers), patience_s=float("inf"))
    assert next(answers, None) is None


def test_who_waits_no_more_has_nothing_saved(tmp_path: Path) -> None:
    run = make_run(tmp_path, "running")
    with held(run):
        assert resolve_live(run.paths, "live", lambda: True) == "last"
    assert collect(run.paths.mailbox) == []


@contextmanager
def held(run: Run) -> Iterator[None]:
    """Act as the run's worker during a block."""
    lock = take_lock(run.paths.lock)
    assert lock is not None
    try:
        yield
    finally:
        os.close(lock)
