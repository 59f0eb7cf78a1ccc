"""Live weights: a training worker is asked to save a checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.runs.fresh_checkpoint import await_first, save_now
from rnnlab.runs.mailbox import collect
from rnnlab.runs.records import State
from tests.toys.live_runs import LateWeights, held, make_run


def test_a_worker_that_does_not_answer_is_not_waited_for_long(tmp_path: Path) -> None:
    run = make_run(tmp_path, "running")
    with held(run):
        assert not save_now(run.paths, patience_s=0.05)


@pytest.mark.parametrize("state", ["paused", "finished", "running"])
def test_without_a_worker_that_trains_nothing_is_asked(tmp_path: Path, state: State) -> None:
    """A run with the status running and no living worker is lost."""
    run = make_run(tmp_path, state)
    assert not save_now(run.paths)
    assert collect(run.paths.mailbox) == []


def test_the_first_weights_of_a_run_that_starts_are_waited_for(tmp_path: Path) -> None:
    run = make_run(tmp_path, "starting", last=None)
    is_over = LateWeights(run)
    with held(run):
        await_first(run.paths, is_over, patience_s=float("inf"))
    assert run.paths.read_pointer("last") == 0


@pytest.mark.parametrize("state", ["queued", "failed", "stopped"])
def test_a_run_that_does_not_start_is_not_waited_for(tmp_path: Path, state: State) -> None:
    run = make_run(tmp_path, state, last=None)
    await_first(run.paths, lambda: False, patience_s=float("inf"))
    assert run.paths.read_pointer("last") is None


def test_who_waits_no_more_does_not_keep_the_next_one_waiting(tmp_path: Path) -> None:
    run = make_run(tmp_path, "starting", last=None)
    answers = iter([False, False, True])
    with held(run):
        await_first(run.paths, lambda: next(answers), patience_s=float("inf"))
    assert next(answers, None) is None
