"""The file of a training state: everything that an exact resume needs, as safetensors.

The file is complete: it also holds the weights in training, because the checkpoint next to it may
hold only their average. A file may have been edited or copied from another run: `_stored_state`
checks all values, before any of them is used. Shapes: H hidden units, B sequences.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from rnnlab.base.errors import RnnlabError
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import UnfitFileError, path_of_open
from rnnlab.corpora import Split
from rnnlab.models import TextModel, fit, save_tensors
from rnnlab.runs.intact import check_state, damaged_state
from rnnlab.runs.paths import RunPaths
from rnnlab.training._state import TrainingState
from rnnlab.training._stored_state import (
    LATER_SCALARS,
    SCALARS,
    BadStateError,
    ForeignDeviceError,
    check_carried,
    read_carried,
    read_generator,
    read_optimizer,
    read_scalars,
    read_window,
)


def save_training_state(
    file: Path, state: TrainingState, optimizer: torch.optim.Optimizer, model: TextModel
) -> None:
    """Write the training state, the optimiser's state and the weights in training, atomically.

    Raises OSError.
    """
    tensors = {f"model.{name}": part.contiguous() for name, part in model.state_dict().items()}
    tensors["generator"] = state.generator.get_state()
    for layer, parts in enumerate(state.carried or ()):
        for part, tensor in enumerate(parts):
            tensors[f"carried.{layer}.{part}"] = tensor.contiguous().clone()
    scalars: dict[str, object] = {name: getattr(state, name) for name in (*SCALARS, *LATER_SCALARS)}
    scalars["window"] = state.window.to_json()
    for index, entries in optimizer.state_dict()["state"].items():
        for name, value in entries.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{index}.{name}"] = value.contiguous()
            elif value is not None:
                scalars[f"optimizer.{index}.{name}"] = value
    save_tensors(file, tensors, {"state": json.dumps(scalars)})


def load_training_state(
    file: Path, optimizer: torch.optim.Optimizer, model: TextModel, split: Split
) -> TrainingState:
    """Return a saved training state; restore `optimizer` and `model` from the same file.

    split: the training split, in which the state has a position. Raises DamagedError if the file
    is missing, damaged, unreadable, or has values that no run writes; RnnlabError if it does not
    fit the model or is from another kind of device.
    """
    check_state(file)
    try:
        with path_of_open(file) as path, safe_open(path, framework="pt") as stored:
            text = (stored.metadata() or {}).get("state", "")
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except UnfitFileError as error:
        raise damaged_state(file, f"it is {error.strerror or error}") from None
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise damaged_state(file, str(error).partition("\n")[0]) from None
    try:
        scalars = _parse(text)
        known = read_scalars(scalars)
        carried = read_carried(tensors, model)
        state = TrainingState(
            read_window(scalars), read_generator(tensors, model.device), carried=carried, **known
        )
        if RunPaths(file.parent).training_state(state.step) != file:
            raise BadStateError(f"it is the state of step {state.step}")
        check_carried(carried, next(split.train_batches(state.epoch, state.batch), None))
        entries = read_optimizer(tensors, scalars, optimizer)
    except BadStateError as error:
        raise damaged_state(file, str(error)) from None
    except ForeignDeviceError:
        raise RnnlabError(
            f"{file} was written on another kind of device",
            "resume the run on a device of that kind, or start a new run",
        ) from None
    weights = {
        name.removeprefix("model."): tensor
        for name, tensor in tensors.items()
        if name.startswith("model.")
    }
    fit(model, weights, file)
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": entries, "param_groups": groups})
    return state


def _parse(text: str) -> dict[str, object]:
    try:
        scalars = parse_json(text)
    except ValueError:
        raise BadStateError("its state is not JSON") from None
    if not isinstance(scalars, dict):
        raise BadStateError("its state is not a JSON object")
    return scalars
