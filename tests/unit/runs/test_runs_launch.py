"""A run gets one worker, and only one that carries out the settings of its user."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.base.files import replace_text
from rnnlab.runs import launch as launching
from rnnlab.runs.launch import launch
from rnnlab.runs.liveness import STALE_S, Liveness
from rnnlab.runs.lock import take_lock
from rnnlab.runs.mailbox import Command, send
from rnnlab.runs.records import State, Status, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = RunStore(tmp_path).create("a", 'corpus = "x"\n')
    replace_text(made.paths.status, encode_status(Status("stopped", host=socket.gethostname())))
    return made


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders of the runs whose workers would have been started."""
    spawned: list[str] = []

    def start(arguments: list[str], _log: int, _lock: int) -> int:
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        assert signal.SIGTERM in blocked, "it would kill a worker without a handler"
        spawned.append(arguments[0])
        return 1

    monkeypatch.setattr(launching, "start_worker", start)
    return spawned


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("part", ["root", "config"])
def test_the_settings_of_another_user_are_not_carried_out(
    run: Run, spawned: list[str], part: str
) -> None:
    os.chown(getattr(run.paths, part), 12345, -1)
    with pytest.raises(BadInputError, match=r"another user.*resume a copy: `cp -r .*a-copy`"):
        launch(run)
    assert spawned == []


def test_a_file_system_that_gives_every_file_one_owner_has_no_other_users(
    run: Run, spawned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    launch(run)
    assert len(spawned) == 1


def say(run: Run, state: State, **values: Any) -> None:
    """Write the status of a run's worker."""
    status = Status(**{"state": state, "host": socket.gethostname(), **values})
    replace_text(run.paths.status, encode_status(status))


def replacing_by(other: Run, run: Run) -> Callable[..., int | None]:
    """Return a `take_lock` before which somebody renames the run and gives its name to another."""

    def take(file: Path, wait_s: float) -> int | None:
        run.paths.root.rename(run.paths.root.with_name("a-old"))
        other.paths.root.rename(run.paths.root)
        return take_lock(file, wait_s)

    return take


def test_a_run_has_one_worker(run: Run) -> None:
    say(run, "running")
    lock = take_lock(run.paths.lock)
    assert lock is not None
    with pytest.raises(BadInputError, match="'a' is training already"):
        launch(run)
    assert run.status().state == "running"
    os.close(lock)


def test_a_worker_elsewhere_is_observed_before_another_is_started(
    run: Run, spawned: list[str]
) -> None:
    """The clock of its host is an hour ahead, or behind: that says nothing."""
    for skew_s, is_alive in ((-3600.0, True), (3600.0, True), (0.0, False)):
        seconds, beat, long_ago = [0.0], time.time() + skew_s, time.time() - 60

        def sleep(
            step_s: float, seconds: list[float] = seconds, beat: float = beat,
            *, is_alive: bool = is_alive, worker: Run = run,
        ) -> None:  # fmt: skip
            seconds[0] += step_s
            if is_alive and seconds[0] > STALE_S - 1:
                say(worker, "running", host="far", heartbeat=beat + 2)

        say(run, "running", host="far", heartbeat=beat)
        os.utime(run.paths.status, (long_ago, long_ago))
        assert run.status().state == "lost", "by a single look"
        clock = partial(seconds.__getitem__, 0)
        observed = replace(run, liveness=Liveness(clock, sleep=sleep))
        if is_alive:
            with pytest.raises(BadInputError, match="training already"):
                launch(observed)
        else:
            launch(observed)
        run = Run(run.paths)
        assert len(spawned) == int(not is_alive)
    assert seconds[0] > STALE_S


def test_a_folder_that_is_replaced_meanwhile_gets_no_worker(
    run: Run, spawned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(run, "stopped", step=7)
    other = RunStore(run.paths.root.parent).create("b", 'corpus = "x"\n')
    say(other, "finished", step=9)
    lock_and_replace = replacing_by(other, run)
    monkeypatch.setattr(launching, "take_lock", lock_and_replace)
    with pytest.raises(BadInputError, match="'a' cannot be started: its folder was moved"):
        launch(run)
    assert spawned == []
    assert (run.status().state, run.status().step) == ("finished", 9)


def test_what_an_earlier_worker_has_left_is_gone(run: Run, spawned: list[str]) -> None:
    say(run, "stopped")
    send(run.paths.mailbox, Command("stop"))
    (run.paths.mailbox / ".half.json.tmp").write_text("{")
    launch(run)
    assert list(run.paths.mailbox.iterdir()) == []


def test_a_shipped_run_has_none(run: Run) -> None:
    with pytest.raises(BadInputError, match="'a' is shipped"):
        launch(Run(run.paths, is_shipped=True))
    assert not run.paths.lock.exists()
