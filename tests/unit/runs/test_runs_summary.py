from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from rnnlab.base.files import replace_text
from rnnlab.runs.lock import take_lock
from rnnlab.runs.records import State, Status, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = (
    'corpus = "/data/mer.txt"\ncell = "gru"\ntask = "stream"\nlayers = 2\nhidden = 9\nclip = 1.5\n'
)
STATUS = Status(
    state="running", host=socket.gethostname(), step=7, epoch=0.5, train_loss=2.0, val_loss=2.5,
    best_val_loss=2.4, best_step=5, grad_norm=0.3, tokens_per_s=1e5, parameters=99, total_steps=70,
    elapsed_s=3.0, eta_s=27.0, device="cpu", created=1.0, recent_losses=[3.0, 2.0],
)  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return RunStore(tmp_path).create("a", CONFIG)


def test_a_row_has_the_runs_settings_and_figures(run: Run) -> None:
    replace_text(run.paths.status, encode_status(STATUS))
    lock = take_lock(run.paths.lock)
    assert lock is not None
    row = summarise(run)
    os.close(lock)
    assert asdict(row) == {
        "name": "a", "state": "running", "step": 7, "epoch": 0.5, "train_loss": 2.0,
        "val_loss": 2.5, "tokens_per_s": 1e5, "parameters": 99, "corpus": "mer", "cell": "gru",
        "task": "stream", "layers": 2, "hidden": 9, "best_val_loss": 2.4, "best_step": 5,
        "grad_norm": 0.3, "total_steps": 70, "elapsed_s": 3.0, "eta_s": 27.0, "device": "cpu",
        "created": 1.0, "reason": "", "is_shipped": False, "clip": 1.5,
            "floor_nats": None, "floor_accuracy": None,
        "unit": "letter", "val_accuracy": None,
        "recent_losses": (3.0, 2.0), "queue_place": None, "pid": 0,
        "host": socket.gethostname(), "held_bytes": None, "stage": "", "reached": "",
        "published": {}, "alarm": "", "note": "", "tags": (), "former_names": (),
        "silent_s": None, "diverged_step": None,
    }  # fmt: skip
    assert row.is_active


def test_a_worker_that_does_not_respond_is_an_alarm(run: Run) -> None:
    silent = replace(STATUS, pid=77, heartbeat=time.time() - 31, alarm="lower --lr")
    replace_text(run.paths.status, encode_status(silent))
    lock = take_lock(run.paths.lock)
    assert lock is not None
    row = summarise(run)
    os.close(lock)
    assert (row.state, row.state_text) == ("running", "not responding since 31s")
    assert row.silent_s == pytest.approx(31, abs=0.5)
    assert "process 77" in row.alarm
    assert "`rnnlab stop --kill a`" in row.alarm
    assert summarise(run).silent_s is None, "a lost run has no worker"


DIVERGED = replace(STATUS, train_loss=263.977, diverged_step=6)
WAYS = (
    "the loss has diverged at step 6 and is 263.9770 nats; lower --lr or set --clip, or `rnnlab "
    "train CORPUS --init-from a@best` starts again from the best weights, of step 5"
)


def test_a_divergence_is_told_with_the_present_loss_and_the_ways_back(run: Run) -> None:
    replace_text(run.paths.status, encode_status(replace(DIVERGED, alarm="the disk is full")))
    lock = take_lock(run.paths.lock)
    assert lock is not None
    row = summarise(run)
    replace_text(
        run.paths.status, encode_status(replace(DIVERGED, train_loss=None, best_step=None))
    )
    without = summarise(run)
    os.close(lock)
    assert (row.state, row.state_text) == ("running", "running, diverged")
    assert row.alarm == f"the disk is full; {WAYS}"
    assert without.alarm == (
        "the loss has diverged at step 6 and is not finite; lower --lr or set --clip"
    )


@pytest.mark.parametrize(
    ("state", "alarm"), [("stopped", WAYS), ("finished", WAYS), ("failed", ""), ("running", "")]
)
def test_a_divergence_is_told_after_the_end_unless_the_end_has_a_reason(
    run: Run, state: State, alarm: str
) -> None:
    """A run that seems to train but has no worker is lost."""
    replace_text(run.paths.status, encode_status(replace(DIVERGED, state=state, alarm="old")))
    row = summarise(run)
    assert row.alarm == alarm
    assert row.state_text == ("lost" if state == "running" else state) + ", diverged"


def test_a_run_without_a_worker_has_no_time_left(run: Run) -> None:
    replace_text(run.paths.status, encode_status(STATUS))
    row = summarise(run)
    assert (row.state, row.eta_s, row.is_active) == ("lost", None, False)
    assert row.reason


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[[[", b'corpus = ["a"]\n'])
def test_a_broken_run_still_has_a_row(run: Run, content: bytes) -> None:
    run.paths.config.write_bytes(content)
    run.paths.status.write_bytes(content)
    row = summarise(run)
    assert (row.name, row.state, row.cell, row.layers) == ("a", "lost", "", None)
    json.dumps(asdict(row))


def test_a_run_that_vanished_has_a_row_too(run: Run) -> None:
    run.paths.config.unlink()
    run.paths.status.unlink()
    run.paths.root.rmdir()
    assert summarise(run).state == "lost"


@pytest.mark.parametrize(
    ("corpus", "name"),
    [
        ("/data/reviews.csv.gz", "reviews"), ("/data/mer.txt", "mer"), ("/data/mer.TXT.GZ", "mer"),
        ("stump", "stump"), ("copy:delay=150", "copy:delay=150"), ("/data/mer.1.txt", "mer.1"),
    ],
)  # fmt: skip
def test_a_corpus_is_shown_without_folder_and_endings(run: Run, corpus: str, name: str) -> None:
    run.paths.config.write_text(f'corpus = "{corpus}"\n')
    assert summarise(run).corpus == name
