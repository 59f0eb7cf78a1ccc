from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.runs import control
from rnnlab.runs import launch as launching
from rnnlab.runs.launch import launch
from rnnlab.runs.liveness import STALE_S, Liveness
from rnnlab.runs.lock import take_lock
from rnnlab.runs.mailbox import UNREADABLE, Command, collect, send
from rnnlab.runs.records import State, Status, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


def replacing_by(other: Run, run: Run) -> Callable[..., int | None]:
    """Return a `take_lock` before which somebody renames the run and gives its name to another."""

    def take(file: Path, wait_s: float) -> int | None:
        run.paths.root.rename(run.paths.root.with_name("a-old"))
        other.paths.root.rename(run.paths.root)
        return take_lock(file, wait_s)

    return take


class TestLaunch:
    @pytest.fixture
    def spawned(self, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
        """The arguments of the workers that would have been started."""
        spawned: list[list[str]] = []

        def start(arguments: list[str], _log: int, _lock: int) -> int:
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
            assert signal.SIGTERM in blocked, "it would kill a worker without a handler"
            spawned.append(arguments)
            return 1

        monkeypatch.setattr(launching, "start_worker", start)
        return spawned

    def test_a_run_has_one_worker(self, run: Run, worker: None) -> None:
        say(run, "running")
        with pytest.raises(BadInputError, match="'a' is training already"):
            launch(run)
        assert run.status().state == "running"

    def test_a_worker_elsewhere_is_observed_before_another_is_started(
        self, run: Run, spawned: list[list[str]]
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
        self, run: Run, spawned: list[list[str]], monkeypatch: pytest.MonkeyPatch
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

    def test_what_an_earlier_worker_has_left_is_gone(
        self, run: Run, spawned: list[list[str]]
    ) -> None:
        say(run, "stopped")
        send(run.paths.mailbox, Command("stop"))
        (run.paths.mailbox / ".half.json.tmp").write_text("{")
        launch(run)
        assert list(run.paths.mailbox.iterdir()) == []

    def test_a_shipped_run_has_none(self, run: Run) -> None:
        with pytest.raises(BadInputError, match="'a' is shipped"):
            launch(Run(run.paths, is_shipped=True))
        assert not run.paths.lock.exists()
