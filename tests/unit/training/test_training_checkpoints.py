"""The intervals of checkpoints, in steps or in minutes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from safetensors import safe_open

from rnnlab.runs.checkpoint import POINTERS
from rnnlab.runs.paths import RunPaths
from rnnlab.training import Session
from rnnlab.training._checkpoints import Checkpoints
from tests.toys.power_cut import cuts
from tests.toys.recorded_files import Recorder
from tests.toys.sessions import Clock

Start = Callable[..., Session]


def test_a_checkpoint_is_due_every_n_steps(start: Start) -> None:
    checkpoints = start().checkpoints
    assert [step for step in range(1, 13) if checkpoints.is_due(step, 4, 0.0, 0.0)] == [4, 8, 12]


def test_a_checkpoint_is_due_by_the_clock(start: Start) -> None:
    clock = Clock(100.0)
    session = start()
    checkpoints = Checkpoints(session.paths, keep=1, fingerprint="", clock=clock)
    clock.now += 15.0
    assert not checkpoints.is_due(7, 0, 0.0, elapsed_s=100.0)
    assert checkpoints.is_due(7, 0, 0.0, elapsed_s=20.0), "a young run is saved more often"
    clock.now += 0.1
    assert checkpoints.is_due(7, 0, 0.0, elapsed_s=100.0)


def test_slow_saving_makes_checkpoints_rarer(start: Start) -> None:
    clock = Clock()
    session = start()
    checkpoints = Checkpoints(session.paths, keep=1, fingerprint="", clock=clock)
    clock.per_reading = 2.0  # the clock advances 2 s during a save
    checkpoints.save(session.model, session.model, session.optimizer, session.state)
    clock.per_reading = 0.0
    clock.now += 99.0
    assert not checkpoints.is_due(8, 0, 0.0, elapsed_s=20.0)
    clock.now += 2.0
    assert checkpoints.is_due(8, 0, 0.0, elapsed_s=20.0)


def test_minutes_between_checkpoints_override_the_cost(start: Start) -> None:
    clock = Clock()
    checkpoints = Checkpoints(start().paths, keep=1, fingerprint="", clock=clock)
    clock.now = 120.0
    assert not checkpoints.is_due(7, 0, 2.0, elapsed_s=20.0)
    clock.now = 120.5
    assert checkpoints.is_due(7, 0, 2.0, elapsed_s=20.0)


def test_a_power_cut_during_a_rollback_leaves_no_pointer_to_deleted_weights(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    for step in (6, 8):
        paths.weights(step).touch()
    for pointer in POINTERS:
        paths.pointer(pointer).write_text("8\n")
    recorder = Recorder(tmp_path)
    state: Any = SimpleNamespace(step=6, best_step=None)
    with recorder.recording():
        Checkpoints(paths, keep=1, fingerprint="").go_back_to(state)
    for cut in cuts(recorder.operations, seed=1):
        for pointer in POINTERS:
            if (target := cut.tree.get(pointer)) is not None:
                assert paths.weights(int(target)).name in cut.tree, (cut.place, pointer)


def test_the_weights_describe_their_model(start: Start) -> None:
    session = start(cell="gru", layers=2, residual=True)
    session.save()
    with safe_open(session.paths.weights(0), "numpy") as stored:
        about = json.loads(stored.metadata()["rnnlab"])
    assert (about["cell"], about["layers"], about["residual"]) == ("gru", 2, True)
    assert about["vocabulary"]["tokens"] == list(session.dataset.vocabulary.tokens)
