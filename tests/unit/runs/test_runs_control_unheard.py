"""Commands to a worker that does not respond, or cannot read them: no success is claimed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.base.errors import RnnlabError
from rnnlab.runs import control
from rnnlab.runs.liveness import Liveness
from rnnlab.runs.mailbox import UNREADABLE, Command, collect
from rnnlab.runs.records import State
from rnnlab.runs.run import Run
from tests.toys.live_runs import held, make_run


def change_lr(run: Run) -> str:
    """Send a changed rate; this function has no line for the user."""
    control.change(run, {"lr": 0.1})
    return "run changes"


COMMANDS: list[tuple[State, Callable[[Run], str], Command]] = [
    ("running", control.pause, Command("pause")),
    ("running", control.checkpoint, Command("checkpoint")),
    ("paused", control.resume, Command("resume")),
    ("running", change_lr, Command("set", values={"lr": 0.1})),
]


@pytest.mark.parametrize(("state", "order", "command"), COMMANDS)
def test_a_worker_that_does_not_respond_is_named(
    tmp_path: Path, state: State, order: Callable[[Run], str], command: Command
) -> None:
    run = make_run(tmp_path, state)
    silent = Run(run.paths, liveness=Liveness(now=lambda: time.time() + 31.0))
    problem = r"'run' is not responding since 3.s: its process .* `rnnlab stop --kill run` ends it"
    later = "carries out this command if it responds again"
    with held(run):
        with pytest.raises(RnnlabError, match=problem) as refusal:
            order(silent)
        assert later in str(refusal.value)
        assert collect(run.paths.mailbox) == [command], "it is carried out if the worker responds"
        assert order(run).startswith("run ")


@pytest.mark.parametrize(("state", "order", "command"), COMMANDS)
def test_a_worker_that_cannot_read_its_mail_is_named(
    tmp_path: Path, state: State, order: Callable[[Run], str], command: Command
) -> None:
    run = make_run(tmp_path, state)
    status = json.loads(run.paths.status.read_text())
    status["alarm"] = f"{UNREADABLE} (no answer), so it gets no commands"
    run.paths.status.write_text(json.dumps(status))
    with held(run):
        with pytest.raises(RnnlabError, match=f"gets no commands: {UNREADABLE}; `rnnlab stop run`"):
            order(run)
        assert collect(run.paths.mailbox) == [command]
