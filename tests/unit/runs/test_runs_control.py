from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Protocol

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.base.files import replace_text
from rnnlab.runs import control
from rnnlab.runs.launch import launch
from rnnlab.runs.lock import take_lock
from rnnlab.runs.mailbox import collect
from rnnlab.runs.records import State, Status, encode_status
from rnnlab.runs.store import Run, RunStore

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


def say(run: Run, state: State) -> None:
    status = Status(state=state, host=socket.gethostname())
    replace_text(run.paths.status, encode_status(status))


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


class TestLaunch:
    def test_a_run_has_one_worker(self, run: Run, worker: None) -> None:
        say(run, "running")
        with pytest.raises(BadInputError, match="'a' is training already"):
            launch(run)
        assert run.status().state == "running"

    def test_a_shipped_run_has_none(self, run: Run) -> None:
        with pytest.raises(BadInputError, match="'a' is shipped"):
            launch(Run(run.paths, is_shipped=True))
        assert not run.paths.lock.exists()
