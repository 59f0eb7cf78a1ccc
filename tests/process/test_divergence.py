"""A run that diverges says so; no checkpoint ever holds a number that is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rnnlab.runs.run import Run
    from tests.toys.lab import Call, Lab

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

WILD = ["--lr", "1000", "--clip", "0", "--hidden", "16", "--steps", "30", "--eval-every", "1"]


def assert_finite(run: Run) -> None:
    """Check that every number of every checkpoint is one."""
    from safetensors.torch import load_file

    files = [*run.paths.root.glob("*.safetensors")]
    assert len(files) >= 2
    for file in files:
        for name, tensor in load_file(file).items():
            assert tensor.isfinite().all(), f"{file.name}: {name}"
    for pointer in ("last", "best"):
        step = run.paths.read_pointer(pointer)
        assert step is not None
        assert run.paths.weights(step).exists()


def test_a_wild_learning_rate_leaves_finite_weights(lab: Lab) -> None:
    run = lab.train("wild", *WILD, "--optimizer", "sgd")
    lab.until_state(run, "finished", "failed")
    assert_finite(run)


def test_weights_that_overflow_end_the_run_at_its_last_good_checkpoint(
    lab: Lab, call: Call
) -> None:
    # Each step makes the weights ten thousand times larger; with one-hot letters, a saturated rnn
    # and few letters a step, they overflow before loss and gradient do.
    options = [
        "--name", "wild", "--optimizer", "sgd", "--weight-decay", "10", "--cell", "rnn",
        "--one-hot", "--batch", "1", "--length", "4",
    ]  # fmt: skip
    ended = call(lab, "train", lab.text, *WILD, *options, "--json", code=1)
    assert ended.stdout == ""
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("rnnlab: wild failed: ")
    assert "the weights have overflowed; lower --lr" in last
    run = lab.open("wild")
    assert run.status().state == "failed"
    assert run.status().reason in last
    assert_finite(run)
    rows = {row["name"]: row for row in call(lab, "runs", "--json").json}
    assert rows["wild"]["state"] == "failed"
    assert "wild: " in call(lab, "runs").stderr
