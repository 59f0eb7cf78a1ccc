from __future__ import annotations

import errno
import fcntl
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rnnlab.runs.lock import (
    ENDING_S,
    NoLocksError,
    has_open,
    is_locked,
    is_suspended,
    lock_held,
    take_lock,
)
from tests.toys.environment import known_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def test_a_lock_that_cannot_be_opened_is_not_called_free(file: Path) -> None:
    """A lab with too many open files must not call a run that trains lost."""
    lock = take_lock(file)
    assert lock is not None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        is_held = lock_held(file)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.close(lock)
    assert is_held is None
    assert lock_held(file) is False


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


def test_a_process_is_suspended_between_two_signals_if_it_has_the_lock_open(
    file: Path, holder: subprocess.Popen[bytes]
) -> None:
    assert not is_suspended(holder.pid, file)
    holder.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, holder.pid, os.WSTOPPED | os.WNOWAIT)
    assert is_suspended(holder.pid, file)
    assert not is_suspended(holder.pid, file.with_name("another")), "its id was used again"
    holder.kill()
    holder.wait()
    assert not is_suspended(holder.pid, file)


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


def no_locks(*_: object) -> None:
    """Fail as flock does on a network file system without locks."""
    raise OSError(errno.ENOLCK, "No locks available")


def test_a_file_system_without_locks_is_known(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.touch()
    before = os.listdir("/proc/self/fd")
    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert lock_held(file) is None
    assert not is_locked(file)
    with pytest.raises(NoLocksError, match=r"no file locks.*--checkpoints"):
        take_lock(file)
    assert os.listdir("/proc/self/fd") == before


def test_a_process_that_has_the_lock_open_is_its_worker(
    file: Path, holder: subprocess.Popen[bytes]
) -> None:
    assert has_open(holder.pid, file)
    assert not has_open(os.getpid(), file)
    holder.kill()
    holder.wait()
    assert not has_open(holder.pid, file)


@pytest.mark.parametrize("make", [Path.symlink_to, Path.hardlink_to])
def test_a_link_to_the_lock_of_another_process_is_no_lock(
    file: Path, holder: subprocess.Popen[bytes], make: Callable[[Path, Path], None]
) -> None:
    link = file.with_name("of-a-stranger")
    make(link, file)
    assert not has_open(holder.pid, link)


def test_a_process_that_only_reads_the_lock_is_not_its_worker(file: Path) -> None:
    file.touch()
    with file.open("rb"):
        assert not has_open(os.getpid(), file)
    with file.open("r+b"):
        assert has_open(os.getpid(), file)
    assert not has_open(-1, file)
