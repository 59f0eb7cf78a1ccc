"""`rnnlab verify` reads every file of a checkpoint, and names those that are damaged."""

from __future__ import annotations

import json
from typing import Any

from safetensors.numpy import load_file, save_file

from tests.toys.damage import flip_bit
from tests.toys.lab import Lab


def states(call: Any, lab: Lab, code: int) -> dict[str, str]:
    document = json.loads(call(lab, "verify", "mine", "--json", code=code).stdout)
    return {entry["file"]: entry["state"] for entry in document}


def test_each_file_is_intact_damaged_or_without_a_checksum(
    trained: Lab, lab: Lab, call: Any
) -> None:
    run = lab.copy(trained.open("stream"), "mine")
    steps = run.paths.checkpoint_steps()
    last = steps[-1]
    intact = states(call, lab, 0)
    assert set(intact.values()) == {"intact"}
    assert len(intact) == len(steps) + 1
    flip_bit(run.paths.training_state(last), -1)
    old = run.paths.weights(steps[0])
    save_file(load_file(old), old, {"format": "pt"})
    changed = states(call, lab, 1)
    assert changed[run.paths.training_state(last).name] == "damaged"
    assert changed[old.name] == "no checksum"
    table = call(lab, "verify", "mine", "nobody", code=2)
    assert "damaged" in table.stdout
    assert "nobody" in table.stderr


def test_without_a_name_every_run_is_verified(trained: Lab, lab: Lab, call: Any) -> None:
    lab.copy(trained.open("stream"), "one")
    damaged = lab.copy(trained.open("stream"), "two")
    last = damaged.paths.checkpoint_steps()[-1]
    flip_bit(damaged.paths.training_state(last), -1)
    document = json.loads(call(lab, "verify", "--json", code=1).stdout)
    assert {"one", "two", "starter"} <= {entry["run"] for entry in document}
    assert {entry["run"] for entry in document if entry["state"] == "damaged"} == {"two"}


def test_damaged_weights_are_named_with_the_intact_steps(trained: Lab, lab: Lab, call: Any) -> None:
    run = lab.copy(trained.open("stream"), "mine")
    *others, last = run.paths.checkpoint_steps()
    flip_bit(run.paths.weights(last), -1)
    told = call(lab, "generate", "mine", "--prompt", "", code=1).stderr
    assert f"{run.paths.weights(last).name} is damaged: its checksum is wrong" in told
    assert f"use another checkpoint of the run: {', '.join(map(str, others))}" in told
    call(lab, "generate", "mine", "--prompt", "", "--checkpoint", str(others[-1]))
