"""The text next to the progress bar of `rnnlab train` and `resume`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rnnlab.base.files import replace_text
from rnnlab.cli._follow import progress_of
from rnnlab.runs.lock import take_lock
from rnnlab.runs.records import Status, encode_status
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise

if TYPE_CHECKING:
    from pathlib import Path


def test_starting_a_run_shows_what_the_worker_does(tmp_path: Path) -> None:
    run = RunStore(tmp_path).create("a", 'corpus = "x"\n')
    lock = take_lock(run.paths.lock)
    assert lock is not None
    now = replace(run.status(), state="starting", stage="loading torch")
    replace_text(run.paths.status, encode_status(now))
    assert progress_of(summarise(run)) == "loading torch"
    resumed = replace(now, state="running", stage="first step", step=40, train_loss=1.5)
    replace_text(run.paths.status, encode_status(resumed))
    assert progress_of(summarise(run)) == "first step"
    replace_text(run.paths.status, encode_status(replace(resumed, stage="", total_steps=80)))
    assert progress_of(summarise(run)).startswith("step 40/80  epoch 0.00  loss 1.5")


def test_a_stage_of_a_run_without_a_worker_is_not_shown(tmp_path: Path) -> None:
    run = RunStore(tmp_path).create("a", 'corpus = "x"\n')
    failed = Status(state="failed", stage="loading torch")
    replace_text(run.paths.status, encode_status(failed))
    assert progress_of(summarise(run)) == "failed"
