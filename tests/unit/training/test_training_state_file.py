"""A training state that was edited or made by hand is refused in one line, like a damaged one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.intact import DamagedError
from rnnlab.runs.mailbox import Command
from rnnlab.training import Session, train
from tests.toys.sessions import snapshot

Start = Callable[..., Session]
Edit = Callable[[dict[str, Tensor], dict[str, Any]], object]
"""Changes the tensors and the JSON values of a training state."""


def edit_state(file: Path, edit: Edit) -> None:
    """Change a training state; as in a file made by hand, there is no checksum."""
    with safe_open(file, framework="pt") as stored:
        scalars = json.loads(stored.metadata()["state"])
        tensors = {name: stored.get_tensor(name).clone() for name in stored.keys()}  # noqa: SIM118
    edit(tensors, scalars)
    save_file(tensors, file, {"state": json.dumps(scalars)})


def stopped(start: Start, **settings: object) -> Path:
    """Return the last training state of a run that was stopped after nine steps."""
    session = start(script={9: [Command("stop")]}, **settings)
    train(session)
    return session.paths.training_state(9)


def put(name: str, value: object) -> Edit:
    """Return an edit that sets a JSON value."""
    return lambda _tensors, scalars: scalars.update({name: value})


def put_tensor(name: str, value: Tensor) -> Edit:
    return lambda tensors, _scalars: tensors.update({name: value})


def drop(name: str) -> Edit:
    """Return an edit that removes a tensor or a JSON value."""
    return lambda tensors, scalars: (tensors.pop(name, None), scalars.pop(name, None))


EDITS: dict[str, tuple[Edit, str]] = {
    "no step": (drop("step"), "it has no step"),
    "step as text": (put("step", "9"), "its step has a wrong type"),
    "another step": (put("step", 8), "it is the state of step 8"),
    "negative batch": (put("batch", -1), "its batch is not a possible number"),
    "batch too large": (put("batch", 10**6), "its position is outside the training split"),
    "epoch too large": (put("epoch", 2**63 - 1), "its epoch is not a possible number"),
    "epoch of more than 64 bits": (put("epoch", 10**30), "its state is not JSON"),
    "later epoch": (put("epoch", 10), "its epoch exceeds its step"),
    "endless time": (put("elapsed_s", float("inf")), "its elapsed_s is not a possible number"),
    "changed as list": (put("changed", []), "its changed has a wrong type"),
    "changed as text": (put("changed", {"lr": "x"}), "its changed has a wrong type"),
    "changed hidden": (put("changed", {"hidden": 9.0}), "its changed setting 'hidden' cannot"),
    "no window": (drop("window"), "its window is not complete"),
    "window as list": (put("window", [1]), "its window is not complete"),
    "strange window": (put("window", {"x": 1}), "its window is not complete"),
    "no generator": (drop("generator"), "it has no state of the random generator"),
    "generator of floats": (
        put_tensor("generator", torch.ones(9)),
        "it has no state of the random generator",
    ),
    "short generator": (
        put_tensor("generator", torch.ones(9, dtype=torch.uint8)),
        "the state of its random generator is invalid",
    ),
    "no carried part": (drop("carried.0.1"), "it has no carried.0.1"),
    "carried layer": (put_tensor("carried.x", torch.ones(4, 8)), "it has a carried.x"),
    "carried rows": (
        lambda tensors, _: tensors.update(
            {f"carried.0.{part}": torch.ones(3, 8) for part in range(2)}
        ),
        "its carried state has 3 rows instead of 4",
    ),
    "carried width": (
        put_tensor("carried.0.0", torch.ones(4, 9)),
        "carried.0.0 is [4, 9] instead of [4, 8]",
    ),
    "optimiser index": (
        put_tensor("optimizer.99.exp_avg", torch.ones(1)),
        "its optimiser has no optimizer.99.exp_avg",
    ),
    "optimiser number": (
        put_tensor("optimizer.x.exp_avg", torch.ones(1)),
        "its optimiser has no optimizer.x.exp_avg",
    ),
    "optimiser name": (put("optimizer.0.sum", 1.0), "its optimiser has no optimizer.0.sum"),
    "no optimiser name": (put("optimizer.", 1.0), "its optimiser has no optimizer."),
    "optimiser step as text": (
        lambda tensors, scalars: (tensors.pop("optimizer.0.step"), scalars.update(
            {"optimizer.0.step": "x"})),
        "optimizer.0 has a value that is not a tensor",
    ),
    "no moment": (drop("optimizer.0.exp_avg"), "it has no optimizer.0.exp_avg"),
    "shape of a moment": (
        put_tensor("optimizer.0.exp_avg", torch.ones(2)),
        "optimizer.0.exp_avg is [2] instead of",
    ),
    "moment of whole numbers": (
        lambda tensors, _: tensors.update(
            {"optimizer.0.exp_avg": tensors["optimizer.0.exp_avg"].to(torch.int8)}
        ),
        "optimizer.0.exp_avg does not have floating-point numbers",
    ),
}  # fmt: skip


def test_a_state_with_impossible_values_is_like_a_damaged_one(start: Start) -> None:
    settings = {"cell": "lstm", "task": "stream"}
    file = stopped(start, **settings)
    intact = file.read_bytes()
    for name, (edit, problem) in EDITS.items():
        file.write_bytes(intact)
        edit_state(file, edit)
        with pytest.raises(DamagedError) as caught:
            start(**settings)
        assert caught.value.what.startswith(f"{file} is damaged: {problem}"), name
        assert caught.value.what.isprintable(), name
        assert caught.value.hint.endswith("--init-from run@9`"), name


@pytest.mark.parametrize(
    "metadata", [{}, {"state": "x"}, {"state": "[1]"}, {"state": "[" * 100_000}]
)
def test_a_state_without_its_json_values_is_damaged(start: Start, metadata: dict[str, str]) -> None:
    file = stopped(start)
    with safe_open(file, framework="pt") as stored:
        tensors = {name: stored.get_tensor(name).clone() for name in stored.keys()}  # noqa: SIM118
    save_file(tensors, file, metadata)
    with pytest.raises(DamagedError, match="is damaged: its state is not "):
        start()


def test_an_older_state_is_used_and_nothing_of_the_refused_one(start: Start) -> None:
    older = {"checkpoint_every": 4, "eval_every": 100}
    is_last = "training-00000009.safetensors"
    session = start(
        script={9: [Command("stop")]}, seams={"verify": lambda file: file.name != is_last}, **older
    )
    train(session)
    file = session.paths.training_state(9)
    edit_state(file, put("batch", 10**6))
    resumed = start(**older)
    assert resumed.state.step == 8
    assert "its position is outside the training split; the run goes on" in resumed.damage
    file.unlink()
    file.with_name("last").write_text("8\n")
    expected = start(**older)
    for one, other in zip(snapshot(resumed), snapshot(expected), strict=True):
        assert one.equal(other)


def test_a_state_of_another_kind_of_device_is_named(start: Start) -> None:
    file = stopped(start)
    of_gpu = torch.zeros(16, dtype=torch.uint8)
    edit_state(file, put_tensor("generator", of_gpu))
    with pytest.raises(RnnlabError, match="was written on another kind of device"):
        start()


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_state_of_every_optimiser_is_accepted(
    start: Start, optimizer: str, momentum: float
) -> None:
    settings = {"optimizer": optimizer, "momentum": momentum}
    stopped(start, **settings)
    resumed = start(**settings)
    assert (resumed.state.step, resumed.damage) == (9, "")
    train(resumed)


def test_weights_of_whole_numbers_do_not_fit_a_model(start: Start) -> None:
    file = stopped(start)
    edit_state(
        file,
        lambda tensors, _: tensors.update(
            {"model.head.bias": tensors["model.head.bias"].to(torch.int8)}
        ),
    )
    with pytest.raises(RnnlabError, match=r"head\.bias has numbers of type torch.int8"):
        start()
