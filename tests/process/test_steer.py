"""A run that trains is changed from the command line; a finished run continues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.history import read_history
from rnnlab.settings.run_config import RunConfig

if TYPE_CHECKING:
    from rnnlab.runs.run import Run
    from tests.toys.lab import Call, Lab

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

TINY = ["--length", "16", "--batch", "4", "--dropout", "0.3", "--log-every", "10", "--threads", "1"]


def sets(run: Run) -> list[str]:
    return [e.message for e in read_history(run.paths.journal).events if e.event == "set"]


def test_a_finished_run_continues_as_if_it_had_been_longer(lab: Lab, call: Call) -> None:
    """The optimiser, the dropout masks and the position in the data are kept."""
    run = lab.train("short", *TINY, "--steps", "60")
    longer = lab.train("longer", *TINY, "--steps", "100")
    lab.until_state(run, "finished")
    refused = call(lab, "resume", "short", code=2).stderr
    assert refused == (
        "rnnlab: 'short' has completed all its steps; "
        "`rnnlab resume short --steps 120` continues it\n"
    )
    last = call(lab, "resume", "short", "--steps", "100", "--json").json
    assert (last["state"], last["step"], last["total_steps"]) == ("finished", 100, 100)
    assert sets(run) == ["steps 60 -> 100"]
    assert RunConfig.from_toml(run.paths.config).steps == 100
    lab.until_state(longer, "finished")
    curves = [
        [(r.step, r.train_loss, r.grad_norm, r.lr) for r in read_history(one.paths.journal).train]
        for one in (run, longer)
    ]
    assert curves[0] == curves[1]
    assert run.paths.weights(100).read_bytes() == longer.paths.weights(100).read_bytes()


def test_a_run_that_trains_takes_a_new_rate_and_a_new_end(lab: Lab, call: Call) -> None:
    run = lab.train("endless", *TINY, "--steps", "100000000", "--eval-every", "100000000")
    lab.until_step(run, 10)
    call(lab, "set", "endless", "lr=fast", code=2)
    call(lab, "set", "endless", "lr=0.0005")
    lab.until(lambda: sets(run), "the change is an event")
    assert sets(run) == ["lr 0.002 -> 0.0005"]
    call(lab, "set", "endless", "steps=90000000", "--yes")
    lab.until(lambda: run.status().total_steps == 90_000_000, "the status has the new end")
    call(lab, "pause", "endless")
    later = lab.until_state(run, "paused").step + 30
    call(lab, "set", "endless", f"steps={later}")
    lab.until(lambda: run.status().total_steps == later, "so it has while paused")
    lab.kill(run)
    call(lab, "resume", "endless", "--detach", "--minutes", "0.001", code=2)
    call(lab, "set", "endless", "lr=1", code=2)
    call(lab, "resume", "endless", "--detach")
    status = lab.until_state(run, "finished")
    assert status.step == later
    history = read_history(run.paths.journal)
    assert history.train[-1].lr == 0.0005
