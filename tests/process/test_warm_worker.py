"""A worker that is started before its run: it takes the run, or ends without one."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from rnnlab import cli
from rnnlab.runs import launch
from rnnlab.runs.lock import is_locked, take_lock
from rnnlab.runs.warm_worker import WarmWorker
from tests.toys.environment import known_environment
from tests.toys.lab import DEADLINE_S, Lab

pytestmark = pytest.mark.process

START = WarmWorker.start
WORKER = """
import signal, sys
from rnnlab.runs.warm_worker import receive_run
print("before", flush=True)
given = receive_run(int(sys.argv[1]))
if given is None:
    sys.exit(3)
print(given[0], flush=True)
signal.pause()
"""


@pytest.fixture
def command() -> list[str]:
    return [sys.executable, "-c", WORKER]


def test_it_takes_the_run_with_its_log_and_its_lock(tmp_path: Path, command: list[str]) -> None:
    warm = WarmWorker.start(command, known_environment(tmp_path))
    lock = take_lock(tmp_path / "lock")
    assert warm is not None
    assert lock is not None
    run, log = tmp_path / "marée", tmp_path / "log"
    log.write_text("earlier\n")
    with log.open("ab") as stream:
        assert warm.take(str(run), stream.fileno(), lock)
    os.close(lock)
    try:
        lines = ["earlier", "before", str(run)]
        Lab.until(lambda: log.read_text().splitlines() == lines, "it has written to the log")
        assert is_locked(tmp_path / "lock")
        assert os.getsid(warm.process.pid) == warm.process.pid
    finally:
        warm.process.kill()
        warm.process.wait()
    assert not is_locked(tmp_path / "lock")


@pytest.fixture
def started(command: list[str], monkeypatch: pytest.MonkeyPatch) -> list[WarmWorker]:
    """The warm workers that are started, none of which loads torch."""
    started: list[WarmWorker] = []

    def start(_: list[str], environment: dict[str, str]) -> WarmWorker | None:
        warm = START(command, environment)
        started.extend(filter(None, [warm]))
        return warm

    monkeypatch.setattr(WarmWorker, "start", start)
    return started


def test_without_a_run_it_ends_with_the_block(started: list[WarmWorker]) -> None:
    with launch.warm_worker():
        (warm,) = started
        assert warm.process.poll() is None
    assert warm.process.returncode == -signal.SIGKILL


def test_without_its_launcher_it_gets_no_run(tmp_path: Path, command: list[str]) -> None:
    warm = WarmWorker.start(command, known_environment(tmp_path))
    assert warm is not None
    warm.channel.close()
    assert warm.process.wait(DEADLINE_S) == 3


def test_a_run_whose_warm_worker_has_died_gets_another(
    started: list[WarmWorker], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(launch, "child_command", lambda *_: [sys.executable, "-c", ""])
    with launch.warm_worker(), (tmp_path / "log").open("ab") as log:
        (warm,) = started
        warm.process.kill()
        warm.process.wait()
        pid = launch.start_worker([str(tmp_path), str(log.fileno())], log.fileno(), log.fileno())
    assert pid != warm.process.pid
    assert os.waitpid(pid, 0) == (pid, 0)


@pytest.mark.parametrize(
    ("line", "num_cores", "is_warm"),
    [
        ("train mer.txt", 2, True), ("train mer.txt --name a", 2, True), ("train", 2, False),
        ("train mer.txt --queue", 2, False), ("train --help", 2, False), ("runs -h", 2, False),
        ("resume a", 2, False), ("train mer.txt", 1, False),
    ],
)  # fmt: skip
def test_only_a_command_that_trains_at_once_starts_one(
    line: str,
    num_cores: int,
    *,
    is_warm: bool,
    started: list[WarmWorker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(num_cores)))
    monkeypatch.setattr(sys, "argv", ["rnnlab", *line.split()])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(cli, "end_at_interrupt", lambda: None)
    monkeypatch.setattr(cli, "run", lambda _: 7)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 7
    assert bool(started) == is_warm
