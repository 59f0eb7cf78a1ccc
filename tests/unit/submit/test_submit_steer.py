"""Changes of runs from outside: what is checked, what is sent, what waits for the next worker."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.runs.liveness import Liveness
from rnnlab.runs.mailbox import Command, collect
from rnnlab.runs.pending import read_pending
from rnnlab.runs.records import ACTIVE_STATES, State, Status, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from rnnlab.submit import Steered, change_settings, resume_run
from tests.toys.live_runs import held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Return make(state, settings, **status): a run, locked like a worker's if it is active."""

    def make_run(state: State, settings: dict[str, Any] | None = None, **status: Any) -> Run:
        config = RunConfig.from_values({"corpus": "x", "steps": 100, **(settings or {})})
        run = RunStore(tmp_path).create("a", config.to_toml())
        now = Status(state=state, host=socket.gethostname(), **status)
        replace_text(run.paths.status, encode_status(now))
        if state in ACTIVE_STATES:
            workers.enter_context(held(run))
        return run

    with ExitStack() as workers:
        yield make_run


def has_checkpoint(run: Run, step: int) -> Run:
    replace_text(run.paths.pointer("last"), f"{step}\n")
    run.paths.training_state(step).touch()
    return run


def start_nothing(_run: Run, *, is_queued: bool = False) -> None:
    """Stand for the launch of a worker."""


@pytest.mark.parametrize("state", ["queued", "starting", "running", "paused"])
def test_a_run_with_a_worker_is_sent_all_changes_in_one_command(make: Any, state: State) -> None:
    run = make(state, step=40)
    message = change_settings(run, {"lr": "1e-3", "steps": "200"})
    assert message == "a: lr 0.002 -> 0.001, steps 100 -> 200"
    assert collect(run.paths.mailbox) == [Command("set", values={"lr": 0.001, "steps": 200})]


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
def test_a_run_without_a_worker_is_not_sent_anything(make: Any, state: State) -> None:
    run = make(state, step=40)
    with pytest.raises(BadInputError, match=f"is {state}.*`rnnlab resume a --lr 0.1` changes"):
        change_settings(run, {"lr": "0.1"})
    assert collect(run.paths.mailbox) == []


def test_a_bad_value_is_refused_before_anything_is_sent(make: Any) -> None:
    run = make("running", step=40)
    for changes in ({"lr": "-1"}, {"steps": "40"}, {"lr": "0.1", "patience": "x"}):
        with pytest.raises(BadInputError):
            change_settings(run, changes)
    assert collect(run.paths.mailbox) == []


def test_a_worker_that_does_not_respond_is_not_said_to_have_changed(make: Any) -> None:
    now = time.time()
    run = make("running", step=40, heartbeat=now)
    silent = Run(run.paths, liveness=Liveness(now=lambda: now + 31.0))
    with pytest.raises(RnnlabError, match="'a' is not responding since 31s"):
        change_settings(silent, {"lr": "1e-3"})
    assert collect(run.paths.mailbox) == [Command("set", values={"lr": 0.001})]


def test_a_finished_run_names_the_command_that_continues_it(make: Any) -> None:
    run = make("finished", step=100)
    for changes in ({}, {"lr": "0.1"}, {"patience": "3"}):
        with pytest.raises(BadInputError) as error:
            resume_run(run, changes)
        assert str(error.value) == (
            "'a' has completed all its steps; `rnnlab resume a --steps 200` continues it"
        )
    assert read_pending(run.paths) == {}


def test_a_finished_run_continues_with_a_later_end(make: Any) -> None:
    run = has_checkpoint(make("finished", step=100), 100)
    launched: list[str] = []

    def launch(run: Run, *, is_queued: bool = False) -> None:
        launched.append(run.name)

    message = resume_run(run, {"steps": "300", "lr": "0.1"}, launch_worker=launch)
    assert message == "a resumes from step 100: lr 0.002 -> 0.1, steps 100 -> 300"
    assert read_pending(run.paths) == {"steps": 300, "lr": 0.1}
    assert launched == ["a"]
    assert Steered.of(run).config.steps == 300, "as it will be"
    assert RunConfig.from_toml(run.paths.config).steps == 100, "the worker writes it"


def test_a_run_that_stopped_early_continues_with_the_same_patience(make: Any) -> None:
    run = has_checkpoint(make("finished", {"patience": 5}, step=60), 60)
    with pytest.raises(BadInputError, match=r"stopped early; `rnnlab resume a --patience 10`"):
        resume_run(run)
    resume_run(run, {"patience": "5"}, launch_worker=start_nothing)
    assert read_pending(run.paths) == {"patience": 5}


def test_a_paused_run_is_changed_and_resumed(make: Any) -> None:
    run = make("paused", step=40)
    resume_run(run, {"clip": "0.5"})
    commands = collect(run.paths.mailbox)
    assert commands == [Command("set", values={"clip": 0.5}), Command("resume")]


def test_a_shipped_run_does_not_continue_with_a_later_end(make: Any) -> None:
    run = Run(make("finished", step=100).paths, is_shipped=True)
    with pytest.raises(BadInputError, match="'a' is shipped"):
        resume_run(run, {"steps": "300"}, launch_worker=start_nothing)
    assert read_pending(run.paths) == {}


def test_a_running_run_is_changed_by_set(make: Any) -> None:
    run = make("running", step=40)
    with pytest.raises(BadInputError, match=r"`rnnlab set a lr=0.1` changes it"):
        resume_run(run, {"lr": "0.1"})


def test_a_run_without_its_optimiser_does_not_continue(make: Any) -> None:
    run = make("finished", step=100)
    replace_text(run.paths.pointer("last"), "100\n")
    with pytest.raises(BadInputError, match=r"no optimiser state.*--init-from a"):
        resume_run(run, {"steps": "300"})


@pytest.mark.parametrize(
    ("settings", "changes", "rate"),
    [
        ({}, {"steps": "200", "lr": "0.1"}, "the rate is 0.1 (was 0.001)"),
        ({"schedule": "plateau"}, {"steps": "200"}, "the rate stays 0.001"),
        # Half a cosine from lr to a tenth of it: 0.55 at its middle, 0.1 at its end.
        ({"schedule": "cosine", "warmup": 0}, {"steps": "200"}, "the rate is 0.0055 (was 0.001)"),
    ],
)
def test_the_outcome_shows_the_next_learning_rate(
    make: Any, settings: dict[str, Any], changes: dict[str, str], rate: str
) -> None:
    run = make("finished", {"lr": 0.01, **settings}, step=100, lr=0.001)
    assert Steered.of(run).outcome(changes).endswith(rate)
