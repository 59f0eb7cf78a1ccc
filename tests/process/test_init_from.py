"""`rnnlab train --init-from`: another run's weights, and then a course of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.history import read_history

if TYPE_CHECKING:
    from tests.toys.lab import Call, Lab

pytestmark = pytest.mark.process


def test_a_run_goes_on_from_anothers_weights(trained: Lab, lab: Lab, call: Call) -> None:
    old = lab.copy(trained.open("stream"), "old")
    options = ["--name", "new", "--init-from", "old", "--steps", "5", "--lr", "0.0001", "--json"]
    new = call(lab, "train", lab.text, *options).json
    assert (new["hidden"], new["task"], new["step"]) == (16, "stream", 5)
    before, after = (read_history(lab.open(name).paths.journal) for name in ("old", "new"))
    fresh, reached = before.train[0].train_loss, old.status().best_val_loss
    first, val = after.train[0].train_loss, after.evals[-1].val_loss
    assert fresh is not None
    assert reached is not None
    assert first is not None
    assert val is not None
    assert first < (fresh + reached) / 2, "it began with what the other had learnt"
    assert abs(val - reached) < 0.1
    call(lab, "rm", "old", "--yes")
    again = call(lab, "train", lab.text, *options, code=2)
    assert "unknown run 'old'" in again.stderr
    assert call(lab, "generate", "new", "--prompt", "Le", "--json").json
