"""A status that no present worker writes: of a dead worker, a newer version, or made by hand."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.runs import control
from rnnlab.runs.lock import take_lock
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise
from rnnlab.tui.runs.error_banner import error_of
from tests.toys.lab import Call, Lab

DIED = "its worker died without a message"
ODD: dict[str, tuple[dict[str, Any] | list[int], str, str]] = {
    "paused": ({"state": "paused"}, "lost", DIED),
    "queued": ({"state": "queued"}, "lost", DIED),
    "starting": ({"state": "starting"}, "lost", DIED),
    "unknown state": (
        {"state": "hibernating"},
        "lost",
        "its status.json has the state 'hibernating', which this version does not know",
    ),
    "unknown fields": ({"state": "failed", "mood": [1], "reason": "why"}, "failed", "why"),
    "text as number": (
        {"state": "running", "step": "7"}, "lost", "its status.json has a wrong value of step",
    ),
    "truth as number": (
        {"state": "running", "step": True}, "lost", "its status.json has a wrong value of step",
    ),
    "fraction as number": (
        {"state": "stopped", "step": 7.5}, "lost", "its status.json has a wrong value of step",
    ),
    "too large": (
        {"state": "finished", "total_steps": 10**400},
        "lost",
        "its status.json is unreadable",
    ),
    "too large in a list": (
        {"state": "finished", "recent_losses": [1.0, 10**400]},
        "lost",
        "its status.json is unreadable",
    ),
    "no state": ({"step": 7}, "lost", "its status.json is unreadable"),
    "state as number": ({"state": 7}, "lost", "its status.json has a wrong value of state"),
    "no object": ([1], "lost", "its status.json is unreadable"),
    "lines": (
        {"state": "failed", "reason": "one\n[bold]two[/]\x1b[31m"}, "failed", "one [bold]two[/]",
    ),
}  # fmt: skip


def put(run: Run, values: dict[str, Any] | list[int]) -> None:
    """Write a status; its worker, if any, is dead."""
    own = {"host": socket.gethostname(), "heartbeat": time.time(), "pid": 2**22 + 1}
    written = {**own, **values} if isinstance(values, dict) else values
    run.paths.status.write_text(json.dumps(written))
    run.paths.lock.touch()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return RunStore(tmp_path / "checkpoints").create("a", 'corpus = "x"\n')


@pytest.mark.parametrize("name", ODD)
def test_the_run_is_listed_with_one_line_and_resumes(lab: Lab, call: Call, name: str) -> None:
    values, state, reason = ODD[name]
    run = RunStore(lab.checkpoints).create("a", 'corpus = "x"\n')
    put(run, values)
    ended = call(lab, "runs")
    [line] = [line for line in ended.stderr.splitlines() if line]
    assert line.startswith(f"a: {reason}")
    assert line.isprintable()
    assert summarise(run).state == state
    shown = error_of(summarise(run))
    assert shown.startswith(f"a {state}: {reason}")
    assert shown.isprintable()
    launched: list[Run] = []
    control.resume(run, launch_worker=lambda run, **_: launched.append(run))
    assert launched == [run]


@pytest.mark.parametrize("act", [control.pause, control.stop, control.checkpoint])
@pytest.mark.parametrize("name", ODD)
def test_no_command_is_sent_to_a_run_without_a_worker(
    run: Run, name: str, act: Callable[[Run], str]
) -> None:
    put(run, ODD[name][0])
    with pytest.raises(BadInputError, match="no worker can"):
        act(run)
    assert not run.paths.mailbox.exists() or not os.listdir(run.paths.mailbox)


@pytest.mark.parametrize("values", [{"state": "hibernating"}, {"state": "running", "step": "7"}])
def test_a_run_whose_worker_lives_is_not_lost(run: Run, values: dict[str, Any]) -> None:
    """A worker of a newer version may write such a status."""
    put(run, values)
    lock = take_lock(run.paths.lock)
    assert lock is not None
    summary = summarise(run)
    assert (summary.state, summary.reason) == ("running", "")
    assert summary.alarm.startswith("its status.json has ")
    with pytest.raises(BadInputError, match="'a' is running already"):
        control.resume(run)
    assert control.stop(run) == "a saves and stops"
    os.close(lock)
