"""A verb that follows a run: the text next to its progress bar, and its alerts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rnnlab.base.files import replace_text
from rnnlab.cli._follow import end_of_journal, follow, progress_of
from rnnlab.runs.journal import Journal
from rnnlab.runs.lock import take_lock
from rnnlab.runs.records import EventRecord, Status, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise
from tests.toys.streams import terminal_of


def test_a_user_who_looks_elsewhere_hears_of_the_target_and_of_the_end_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = "val 1.2000, target 1.25"
    statuses = [
        Status(state="running", step=1),
        Status(state="running", step=2, reached=reached),
        Status(state="finished", step=3, reached=reached),
    ]

    class Course(Run):
        """A run whose status changes at every reading."""

        def status(self) -> Status:
            return statuses.pop(0) if len(statuses) > 1 else statuses[0]

    run = Course(RunStore(tmp_path).create("mine", "").paths)
    terminal = terminal_of(monkeypatch)
    monkeypatch.setenv("RNNLAB_ALERTS", "osc9")
    monkeypatch.delenv("TMUX", raising=False)
    assert follow(run, is_new=False, json=False) == 0
    heard = [part.partition("\a")[0] for part in terminal.getvalue().split("\x1b]9;")[1:]]
    assert heard == [f"mine: {reached}", "mine is finished"]


def test_a_run_that_resumes_tells_only_the_events_since_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunStore(tmp_path).create("mine", "")
    replace_text(run.paths.status, encode_status(Status(state="finished", step=4000)))
    with Journal(run.paths.journal) as journal:
        journal.append(EventRecord(302, "set", "lr 0.002 -> 0.001"))
        seen = end_of_journal(run)
        journal.append(EventRecord(4000, "resumed", "from the checkpoint"))
    assert follow(run, is_new=False, json=False, seen=seen) == 0
    told = capsys.readouterr().err
    assert "step 4,000: from the checkpoint" in told
    assert "0.001" not in told
    assert follow(run, is_new=True, json=False) == 0
    assert "step 302: lr 0.002 -> 0.001" in capsys.readouterr().err


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


def test_a_narrow_terminal_shows_step_loss_and_remaining_time(tmp_path: Path) -> None:
    s = replace(summarise(RunStore(tmp_path).create("a", "")), state="running", step=40, eta_s=65.0)
    whole = progress_of(s)
    for room in range(len(whole), 0, -1):
        text = progress_of(s, room)
        assert text.startswith("step 40  ")
        assert text.endswith("1m05s left")
        assert "loss" in text
        assert len(text) <= max(room, len("step 40  loss –  1m05s left"))  # noqa: RUF001
    assert "grad" in whole
    assert "grad" not in progress_of(s, len(whole) - 1)


def test_a_stage_of_a_run_without_a_worker_is_not_shown(tmp_path: Path) -> None:
    run = RunStore(tmp_path).create("a", 'corpus = "x"\n')
    failed = Status(state="failed", stage="loading torch")
    replace_text(run.paths.status, encode_status(failed))
    assert progress_of(summarise(run)) == "failed"
