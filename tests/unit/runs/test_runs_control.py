from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.runs import control
from rnnlab.runs.liveness import Liveness
from rnnlab.runs.lock import take_lock
from rnnlab.runs.mailbox import UNREADABLE, collect
from rnnlab.runs.records import State, Status, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Verb(Protocol):
    __name__: str

    def __call__(self, run: Run, /) -> str: ...


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return RunStore(tmp_path).create("a", 'corpus = "x"\n')


@pytest.fixture
def worker(run: Run) -> Iterator[None]:
    """Hold the lock, as a worker would."""
    lock = take_lock(run.paths.lock)
    assert lock is not None
    yield
    os.close(lock)


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    runs: list[Run] = []
    monkeypatch.setattr(control, "launch", lambda run, **_: runs.append(run))
    return runs


def say(run: Run, state: State, **values: Any) -> None:
    status = Status(**{"state": state, "host": socket.gethostname(), **values})
    replace_text(run.paths.status, encode_status(status))


def with_last(run: Run, step: int) -> Run:
    """Give a run a pointer to its last checkpoint."""
    replace_text(run.paths.pointer("last"), f"{step}\n")
    return run


def actions(run: Run) -> list[str]:
    return [command.action for command in collect(run.paths.mailbox)]


@pytest.mark.parametrize("state", ["starting", "running"])
@pytest.mark.parametrize("verb", [control.pause, control.stop, control.checkpoint])
def test_a_living_worker_gets_a_command(run: Run, worker: None, state: State, verb: Verb) -> None:
    say(run, state)
    assert run.name in verb(run)
    assert actions(run) == [verb.__name__]


@pytest.mark.parametrize("verb", [control.stop, control.checkpoint])
def test_a_paused_worker_can_stop_and_save(run: Run, worker: None, verb: Verb) -> None:
    say(run, "paused")
    verb(run)
    assert actions(run) == [verb.__name__]


def test_a_paused_run_is_not_paused_twice(run: Run, worker: None) -> None:
    say(run, "paused")
    with pytest.raises(BadInputError, match="'a' is paused already; `rnnlab resume a` resumes it"):
        control.pause(run)
    assert actions(run) == []


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
@pytest.mark.parametrize("verb", [control.pause, control.stop, control.checkpoint])
def test_a_run_without_a_worker_gets_no_command(run: Run, state: State, verb: Verb) -> None:
    say(run, state)
    with pytest.raises(BadInputError, match=f"'a' is {state}: no worker can "):
        verb(run)
    assert actions(run) == []


def test_a_lost_run_gets_no_command(run: Run) -> None:
    say(run, "running")
    with pytest.raises(BadInputError, match="'a' is lost"):
        control.stop(run)
    assert actions(run) == []


class TestSilent:
    """A process that is stopped holds its lock, and writes no heartbeat."""

    @pytest.fixture
    def silent(self, run: Run) -> Iterator[subprocess.Popen[bytes]]:
        lock = take_lock(run.paths.lock)
        assert lock is not None
        command = [sys.executable, "-Sc", "input()"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(lock,)) as process:
            os.close(lock)
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
            say(run, "paused", pid=process.pid, heartbeat=time.time() - 31, step=7)
            yield process
            process.kill()

    def test_stop_says_so_and_names_the_remedy(
        self, run: Run, silent: subprocess.Popen[bytes]
    ) -> None:
        with pytest.raises(RnnlabError, match=rf"since 31s: its process {silent.pid} .* --kill a"):
            control.stop(run)
        assert actions(run) == ["stop"], "it stops if it is continued"

    def test_a_process_that_was_stopped_just_now_does_not_respond_either(
        self, run: Run, silent: subprocess.Popen[bytes]
    ) -> None:
        say(run, "running", pid=silent.pid, heartbeat=time.time(), step=7)
        with pytest.raises(RnnlabError, match=rf"not responding .* its process {silent.pid} "):
            control.change(run, {"lr": 0.1})

    def test_kill_ends_it_and_the_run_is_stopped(
        self, run: Run, silent: subprocess.Popen[bytes]
    ) -> None:
        assert control.kill(with_last(run, 10)) == "a is killed; it resumes from step 10"
        assert silent.wait() == -signal.SIGKILL
        status = run.status()
        assert (status.state, status.step) == ("stopped", 7)
        assert "had not responded for 31s" in status.reason

    def test_a_worker_that_responds_is_not_killed(self, run: Run, worker: None) -> None:
        say(run, "running", heartbeat=time.time())
        with pytest.raises(BadInputError, match="responds; `rnnlab stop a`"):
            control.kill(run)
        assert run.status().state == "running"

    @pytest.mark.parametrize(
        ("values", "why"), [({"host": "far"}, "on far: end it there"), ({"pid": 1}, "unknown")]
    )
    def test_another_process_is_not_killed(
        self, run: Run, worker: None, values: dict[str, Any], why: str
    ) -> None:
        seconds = [0.0]
        run = replace(run, liveness=Liveness(lambda: seconds[0]))
        say(run, "running", heartbeat=time.time(), **values)
        run.status()
        seconds[0] += 20
        with pytest.raises(RnnlabError, match=why):
            control.kill(run)

    @pytest.mark.usefixtures("worker")
    def test_a_mailbox_that_cannot_be_written_is_not_needed_to_stop(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run.paths.mailbox.write_text("not a folder")
        say(run, "running", pid=os.getpid(), heartbeat=time.time())
        got: list[tuple[int, int]] = []
        monkeypatch.setattr(os, "kill", lambda *given: got.append(given))
        assert "a saves and stops, by SIGTERM: cannot write to" in control.stop(run)
        run.paths.mailbox.unlink()  # the worker still cannot read what others can write
        alarm = f"lower --lr; {UNREADABLE} (no answer)"
        say(run, "running", pid=os.getpid(), heartbeat=time.time(), alarm=alarm)
        assert control.stop(run) == f"a saves and stops, by SIGTERM: {UNREADABLE}"
        assert got == 2 * [(os.getpid(), signal.SIGTERM)]
        shutil.rmtree(run.paths.mailbox)
        run.paths.mailbox.write_text("not a folder")
        with pytest.raises(RnnlabError, match=r"cannot write to .*mailbox"):
            control.pause(run)


class TestResume:
    def test_a_paused_worker_is_resumed(self, run: Run, worker: None, launched: list[Run]) -> None:
        say(run, "paused")
        assert control.resume(run) == "a resumes"
        assert actions(run) == ["resume"]
        assert launched == []

    @pytest.mark.parametrize("state", ["stopped", "failed", "paused", "running"])
    def test_a_run_without_a_worker_gets_one(
        self, run: Run, launched: list[Run], state: State
    ) -> None:
        say(run, state)
        run.paths.pointer("last").write_text("42\n")
        assert control.resume(run) == "a resumes from step 42"
        assert launched == [run]

    def test_a_run_without_a_checkpoint_starts_again(self, run: Run, launched: list[Run]) -> None:
        say(run, "failed")
        assert control.resume(run) == "a resumes from step 0"

    @pytest.mark.parametrize("state", ["starting", "running"])
    def test_a_run_at_work_is_left_alone(
        self, run: Run, worker: None, launched: list[Run], state: State
    ) -> None:
        say(run, state)
        with pytest.raises(
            BadInputError, match=f"'a' is {state} already; `rnnlab watch a` follows it"
        ):
            control.resume(run)
        assert launched == []
        assert actions(run) == []

    def test_a_finished_run_stays_finished(self, run: Run, launched: list[Run]) -> None:
        say(run, "finished")
        with pytest.raises(BadInputError, match="'a' has completed all its steps"):
            control.resume(run)
        assert launched == []
