from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, get_args

import pytest

from rnnlab.base.preferences import Preferences
from rnnlab.runs.lock import ENDING_S, HEARTBEAT_S, STALE_S, is_locked, take_lock, true_state
from rnnlab.runs.records import ACTIVE_STATES, State, Status
from tests.toys.environment import known_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERE = socket.gethostname()

HOLDER = """
import sys
from pathlib import Path
from rnnlab.runs.lock import take_lock
assert take_lock(Path(sys.argv[1])) is not None
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lock"


@pytest.fixture
def holder(file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock."""
    pipe = subprocess.PIPE
    given: Any = {"stdin": pipe, "stdout": pipe, "env": known_environment(file.parent)}
    with subprocess.Popen([sys.executable, "-c", HOLDER, file], **given) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_lock_that_nobody_took_is_free(file: Path) -> None:
    assert not is_locked(file)
    assert not file.exists()


def test_a_taken_lock_is_free_again_when_it_is_closed(file: Path) -> None:
    lock = take_lock(file)
    assert lock is not None
    assert is_locked(file)
    os.close(lock)
    assert not is_locked(file)


def test_is_locked_takes_the_lock_from_nobody(file: Path) -> None:
    lock = take_lock(file)
    assert lock is not None
    assert is_locked(file)
    assert is_locked(file)
    os.close(lock)
    assert not is_locked(file)
    again = take_lock(file)
    assert again is not None
    os.close(again)


def test_a_living_process_keeps_its_lock(file: Path, holder: subprocess.Popen[bytes]) -> None:
    assert is_locked(file)
    assert take_lock(file, wait_s=0.05) is None
    assert is_locked(file)


def test_a_killed_process_has_lost_its_lock(file: Path, holder: subprocess.Popen[bytes]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert not is_locked(file)


def test_a_stopped_process_keeps_its_lock(file: Path, holder: subprocess.Popen[bytes]) -> None:
    holder.send_signal(signal.SIGSTOP)
    assert is_locked(file)


def test_a_lock_handed_to_a_child_lives_as_long_as_the_child(file: Path) -> None:
    lock = take_lock(file)
    assert lock is not None
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(lock,)) as child:
        os.close(lock)
        assert is_locked(file)
        child.kill()
        child.wait()
    assert not is_locked(file)


def test_a_worker_about_to_end_is_waited_for(file: Path, holder: subprocess.Popen[bytes]) -> None:
    assert ENDING_S > 1
    threading.Timer(0.3, holder.kill).start()
    lock = take_lock(file, wait_s=60)
    assert lock is not None
    os.close(lock)


def test_a_refused_lock_leaves_no_open_file(file: Path, holder: subprocess.Popen[bytes]) -> None:
    before = os.listdir("/proc/self/fd")
    assert take_lock(file, wait_s=0) is None
    assert is_locked(file)
    assert os.listdir("/proc/self/fd") == before


def test_a_reader_knows_of_a_death_within_ten_seconds() -> None:
    """Also on another host: the heartbeat becomes stale before the reader reads it."""
    assert STALE_S + Preferences().refresh_s < 10
    assert STALE_S > 3 * HEARTBEAT_S, "two heartbeats that come late are no death"


class TestTrueState:
    @pytest.mark.parametrize("state", sorted(ACTIVE_STATES))
    def test_an_active_state_needs_a_worker_here(self, file: Path, state: State) -> None:
        status = Status(state=state, host=HERE, heartbeat=time.time())
        assert true_state(status, file) == "lost"
        lock = take_lock(file)
        assert lock is not None
        assert true_state(status, file) == state
        os.close(lock)
        assert true_state(status, file) == "lost"

    def test_a_silent_worker_here_is_alive_as_long_as_it_holds_the_lock(self, file: Path) -> None:
        lock = take_lock(file)
        assert lock is not None
        assert true_state(Status(state="running", host=HERE, heartbeat=0), file) == "running"
        os.close(lock)

    @pytest.mark.parametrize(
        ("silent_s", "state"), [(0, "running"), (STALE_S, "running"), (STALE_S + 1, "lost")]
    )
    def test_a_worker_elsewhere_is_known_by_its_heartbeat(
        self, file: Path, silent_s: float, state: State
    ) -> None:
        status = Status(state="running", host="elsewhere", heartbeat=1000.0)
        assert true_state(status, file, now=1000.0 + silent_s) == state

    @pytest.mark.parametrize("state", sorted(set(get_args(State)) - ACTIVE_STATES))
    def test_an_ending_is_final(self, file: Path, state: State) -> None:
        assert true_state(Status(state=state, host=HERE), file) == state
        assert true_state(Status(state=state, host="elsewhere"), file) == state
