from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnnlab.config import RunConfig
from rnnlab.runs.paths import QueuePaths
from rnnlab.runs.queue import Queue
from rnnlab.runs.store import Run, RunStore
from rnnlab.worker._slot import take_free_slot


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("RNNLAB_SLOTS", "1")
    return RunStore(tmp_path).create("mine", RunConfig(corpus="stump", device="cpu").to_toml())


def test_a_run_that_does_not_queue_keeps_others_from_its_slot(tmp_path: Path, run: Run) -> None:
    slot = take_free_slot(run)
    assert slot is not None
    assert Queue(tmp_path).take_slot("cpu", 1) is None
    assert take_free_slot(run) is None
    os.close(slot)
    again = Queue(tmp_path).take_slot("cpu", 1)
    assert again is not None
    os.close(again)


def test_a_slot_that_cannot_be_looked_at_keeps_no_run_from_training(
    tmp_path: Path, run: Run
) -> None:
    QueuePaths(tmp_path).slot("cpu", 0).mkdir(parents=True)
    assert take_free_slot(run) is None
