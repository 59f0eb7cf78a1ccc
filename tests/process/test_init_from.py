"""`rnnlab train --init-from`: another run's weights, and then a course of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.history import read_history

if TYPE_CHECKING:
    from tests.conftest import Lab

pytestmark = pytest.mark.process


@pytest.mark.xdist_group("init-from")
def test_a_run_goes_on_from_anothers_weights(lab: Lab) -> None:
    old = lab.train("old", "--steps", "120", "--lr", "0.02", "--cell", "gru")
    lab.until_state(old, "finished")
    options = ["--name", "new", "--init-from", "old", "--steps", "5", "--lr", "0.0001", "--json"]
    new = lab.cli("train", lab.text, *options).json
    assert (new["cell"], new["hidden"], new["step"]) == ("gru", 16, 5)
    before, after = (read_history(lab.open(name).paths.journal) for name in ("old", "new"))
    fresh, reached = before.train[0].train_loss, old.status().best_val_loss
    first, val = after.train[0].train_loss, after.evals[-1].val_loss
    assert fresh is not None
    assert reached is not None
    assert first is not None
    assert val is not None
    assert first < (fresh + reached) / 2, "it began with what the other had learnt"
    assert abs(val - reached) < 0.1
    lab.cli("rm", "old")
    again = lab.cli("train", lab.text, *options, code=2)
    assert "unknown run 'old'" in again.stderr
    assert lab.cli("generate", "new", "--prompt", "Le", "--json").json
