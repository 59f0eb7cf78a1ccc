"""Who is alive: by lock, by heartbeats that change, never by the clock of another host."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from rnnlab.base.files import replace_text
from rnnlab.base.preferences import Preferences
from rnnlab.runs.liveness import HEARTBEAT_S, SILENT_S, STALE_S, Liveness
from rnnlab.runs.lock import take_lock
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import ACTIVE_STATES, State, Status, encode_status

HERE = socket.gethostname()
ELSEWHERE = "elsewhere"


class Clock:
    """The monotonic clock of an observer, moved by hand or by its sleep."""

    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def observer(clock: Clock) -> Liveness:
    return Liveness(clock, sleep=clock.sleep)


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    (tmp_path / "run").mkdir()
    return RunPaths(tmp_path / "run")


@pytest.fixture
def held(paths: RunPaths) -> Iterator[None]:
    lock = take_lock(paths.lock)
    assert lock is not None
    yield
    os.close(lock)


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch, paths: RunPaths) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    paths.lock.touch()
    monkeypatch.setattr(fcntl, "flock", refuse)


def write(paths: RunPaths, status: Status, age_s: float = 0.0) -> Status:
    """Write a status as a worker did so many seconds ago, by the clock of the file server."""
    replace_text(paths.status, encode_status(status))
    written = time.time() - age_s
    os.utime(paths.status, (written, written))
    return status


def test_a_reader_knows_of_a_death_within_ten_seconds() -> None:
    """Also on another host: the heartbeat becomes stale before the reader reads it."""
    assert STALE_S + Preferences().refresh_s < 10
    assert STALE_S > 3 * HEARTBEAT_S, "two heartbeats that come late are no death"


@pytest.mark.parametrize("state", sorted(ACTIVE_STATES))
def test_an_active_state_needs_a_worker_here(
    observer: Liveness, paths: RunPaths, state: State
) -> None:
    status = write(paths, Status(state=state, host=HERE, heartbeat=time.time()))
    assert observer.state(status, paths) == "lost"
    lock = take_lock(paths.lock)
    assert lock is not None
    assert observer.state(status, paths) == state
    os.close(lock)
    assert observer.state(status, paths) == "lost"


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("host", [HERE, ELSEWHERE])
def test_a_worker_that_holds_its_lock_is_alive_but_may_be_silent(
    observer: Liveness, clock: Clock, paths: RunPaths, host: str
) -> None:
    status = write(paths, Status(state="running", host=host, heartbeat=time.time()))
    assert observer.silent_s(status, paths) is None
    clock.seconds += SILENT_S + 21
    assert observer.state(status, paths) == "running"
    assert observer.silent_s(status, paths) == SILENT_S + 21
    status = replace(status, heartbeat=status.heartbeat + 2)
    assert observer.silent_s(status, paths) is None


def test_a_single_look_knows_a_silent_worker_of_this_host(paths: RunPaths) -> None:
    status = Status(state="paused", host=HERE, heartbeat=1000.0)
    assert Liveness(now=lambda: 1031.0).silent_s(status, paths) == 31.0
    assert Liveness(now=lambda: 1008.0).silent_s(status, paths) is None
    assert Liveness(now=lambda: 900.0).silent_s(status, paths) is None, "the clock was set back"
    ended = Status(state="finished", host=HERE, heartbeat=1000.0)
    assert Liveness(now=lambda: 1031.0).silent_s(ended, paths) is None


@pytest.mark.parametrize("skew_s", [-3600.0, -10.0, 0.0, 10.0, 3600.0])
@pytest.mark.parametrize("has_locks", [True, False])
def test_a_worker_elsewhere_is_known_by_heartbeats_that_change(
    request: pytest.FixtureRequest,
    observer: Liveness,
    clock: Clock,
    paths: RunPaths,
    skew_s: float,
    *,
    has_locks: bool,
) -> None:
    """skew_s: by which the clock of its host is ahead."""
    if not has_locks:
        request.getfixturevalue("without_locks")
    host = ELSEWHERE if has_locks else HERE  # without locks, a worker here is no better known
    beat = time.time() + skew_s
    for number in range(4):
        status = write(paths, Status(state="running", host=host, heartbeat=beat + 2 * number))
        assert observer.state(status, paths) == "running"
        clock.seconds += HEARTBEAT_S
    clock.seconds += STALE_S
    assert observer.state(status, paths) == "lost"
    assert observer.silent_s(replace(status, state="lost"), paths) is None
    revived = write(paths, replace(status, heartbeat=beat + 100))
    assert observer.state(revived, paths) == "running"


@pytest.mark.parametrize(("age_s", "state"), [(1.0, "running"), (60.0, "lost")])
def test_a_single_look_compares_the_file_with_a_new_one(
    paths: RunPaths, age_s: float, state: State
) -> None:
    """A heartbeat in the future proves nothing."""
    status = write(
        paths, Status(state="running", host=ELSEWHERE, heartbeat=time.time() + 9999), age_s
    )
    assert Liveness().state(status, paths) == state
    assert os.listdir(paths.root.parent) == ["run"], "the new file is gone"


def test_in_a_folder_that_cannot_be_written_the_clock_of_this_host_is_the_file_server_s(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = write(paths, Status(state="running", host=ELSEWHERE), age_s=60.0)
    monkeypatch.setattr("tempfile.TemporaryFile", _refuse)
    assert Liveness().state(status, paths) == "lost"
    assert Liveness(now=lambda: time.time() - 55).state(status, paths) == "running"


def _refuse(**_: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


def test_an_observation_lasts_until_a_heartbeat_or_the_limit(
    observer: Liveness, clock: Clock, paths: RunPaths
) -> None:
    status = Status(state="running", host=ELSEWHERE, heartbeat=1000.0)
    began = clock.seconds
    assert observer.observe_death(lambda: status, paths)
    assert clock.seconds - began > STALE_S
    assert observer.observe_death(lambda: status, paths), "it was observed for long enough before"
    observer = Liveness(clock, sleep=clock.sleep)
    beats = iter([1000.0, 1000.0, 1000.0, 1002.0])
    assert not observer.observe_death(lambda: replace(status, heartbeat=next(beats)), paths)
    ended = replace(status, state="stopped")
    assert observer.observe_death(lambda: ended, paths)
    assert observer.observe_death(lambda: None, paths)


@pytest.mark.parametrize("state", sorted(set(get_args(State)) - ACTIVE_STATES))
def test_an_ending_is_final(observer: Liveness, paths: RunPaths, state: State) -> None:
    assert observer.state(Status(state=state, host=HERE), paths) == state
    assert observer.state(Status(state=state, host=ELSEWHERE), paths) == state
