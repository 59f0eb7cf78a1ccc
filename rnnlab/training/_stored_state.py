"""Check the values of a stored training state, which may have been edited or made by hand.

Each function reads one part of the file and raises BadStateError for a value that no run writes:
later, in the middle of a step, torch would fail with an error that does not name the file, or a
position outside the data would give no batch, without end. Shapes: H hidden units, B sequences.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from rnnlab.base.json_types import known, misfit
from rnnlab.cells import State
from rnnlab.corpora import Batch
from rnnlab.models import TextModel
from rnnlab.settings.changes import CHANGEABLE
from rnnlab.training._metrics import MetricWindow
from rnnlab.training._optimizer import state_names
from rnnlab.training._state import TrainingState

SCALARS = (
    "step", "epoch", "batch", "elapsed_s", "best_val_loss", "best_step", "changed", "num_stale",
    "lr_scale", "num_rollbacks",
)  # fmt: skip
"""Fields of the training state that are stored as JSON."""
LATER_SCALARS = ("has_reached_target",)
"""Scalars that older checkpoints do not have."""
_MOST = 1 << 62
"""Limit of a stored number of steps, tokens and the like."""
_CUDA_GENERATOR_BYTES = 16
"""Size of the state of a generator on a GPU: seed and offset."""


class BadStateError(Exception):
    """A value in a stored state is missing or is not one that a run writes; the text names it."""


class ForeignDeviceError(Exception):
    """The random generator of the state is that of another kind of device."""


def read_scalars(scalars: Mapping[str, object]) -> dict[str, Any]:
    """Return the fields of the training state that are stored as JSON, by name."""
    for name in SCALARS:
        if name not in scalars:
            raise BadStateError(f"it has no {name}")
    values: dict[str, Any] = {
        name: scalars[name] for name in (*SCALARS, *LATER_SCALARS) if name in scalars
    }
    _check_types(TrainingState, values)
    changed: Mapping[str, float] = values["changed"]
    for name, value in changed.items():
        if name not in CHANGEABLE:
            raise BadStateError(f"its changed setting {name[:40]!r} cannot change")
        _check_number(name, value)
    if values["epoch"] > values["step"]:
        raise BadStateError("its epoch exceeds its step")
    return values


def read_window(scalars: Mapping[str, object]) -> MetricWindow:
    """Return the sums over the steps since the last train record."""
    values = scalars.get("window")
    names = MetricWindow().to_json().keys()
    if not isinstance(values, dict) or values.keys() != names:
        raise BadStateError("its window is not complete")
    _check_types(MetricWindow, values)
    return MetricWindow(**known(MetricWindow, values))


def read_generator(tensors: Mapping[str, Tensor], device: torch.device) -> torch.Generator:
    """Return the random generator; also raises ForeignDeviceError."""
    generator = torch.Generator(device=device)
    stored = tensors.get("generator")
    if stored is None or stored.dtype != torch.uint8 or stored.ndim != 1:
        raise BadStateError("it has no state of the random generator")
    is_from_gpu = len(stored) == _CUDA_GENERATOR_BYTES
    is_from_cpu = len(stored) == len(torch.Generator().get_state())
    if is_from_cpu if device.type == "cuda" else is_from_gpu:
        raise ForeignDeviceError
    try:
        generator.set_state(stored)
    except (RuntimeError, TypeError):
        raise BadStateError("the state of its random generator is invalid") from None
    return generator


def read_carried(tensors: Mapping[str, Tensor], model: TextModel) -> State | None:
    """Return a copy of the carried state: tensors [B, H] for each layer, or None without any.

    A tensor of the memory-mapped file is not aligned like memory that torch allocates. A BLAS may
    add unaligned numbers in another order, and the resumed run would differ in the last bit.
    """
    stored = {name: tensor for name, tensor in tensors.items() if name.startswith("carried.")}
    if not stored:
        return None
    first = next(iter(stored.values()))
    num_rows = first.shape[0] if first.ndim == 2 else 0
    shapes = {
        f"carried.{layer}.{part}": (num_rows, tensor.shape[-1])
        for layer, parts in enumerate(model.start_state(1))
        for part, tensor in enumerate(parts)
    }
    _check_shapes(stored, shapes)
    copies = {name: tensor.to(model.device, copy=True) for name, tensor in stored.items()}
    return tuple(
        tuple(copies[f"carried.{layer}.{part}"] for part in range(len(parts)))
        for layer, parts in enumerate(model.start_state(1))
    )


def check_carried(carried: State | None, batch: Batch | None) -> None:
    """Raise BadStateError if the next batch, None for none, does not continue the carried state."""
    if batch is None:
        raise BadStateError("its position is outside the training split")
    if batch.is_start or carried is None:
        return
    num_rows = len(carried[0][0])
    if num_rows != len(batch.inputs_BT):
        raise BadStateError(
            f"its carried state has {num_rows} rows instead of {len(batch.inputs_BT)}"
        )


def read_optimizer(
    tensors: Mapping[str, Tensor], scalars: Mapping[str, object], optimizer: torch.optim.Optimizer
) -> dict[int, dict[str, object]]:
    """Return the optimiser's state: index of a parameter -> name -> value."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    names = state_names(optimizer)
    entries: dict[int, dict[str, object]] = {}
    for key, value in [*tensors.items(), *scalars.items()]:
        if not key.startswith("optimizer."):
            continue
        number, _, name = key.removeprefix("optimizer.").partition(".")
        index = int(number) if number.isdecimal() and len(number) < 10 else len(parameters)
        if index >= len(parameters) or name not in names:
            raise BadStateError(f"its optimiser has no {key[:60]}")
        entries.setdefault(index, {})[name] = value
    for index, values in entries.items():
        shape = tuple(parameters[index].shape)
        shapes = {name: () if name == "step" else shape for name in names}
        if not all(isinstance(value, Tensor) for value in values.values()):
            raise BadStateError(f"optimizer.{index} has a value that is not a tensor")
        _check_shapes(
            {f"optimizer.{index}.{n}": v for n, v in values.items() if isinstance(v, Tensor)},
            {f"optimizer.{index}.{name}": shapes[name] for name in names},
        )
    return entries


def _check_shapes(tensors: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise BadStateError if other tensors than those with these shapes are stored."""
    for name in sorted(tensors.keys() | shapes.keys()):
        if name not in tensors or name not in shapes:
            raise BadStateError(f"it has {'a' if name in tensors else 'no'} {name[:60]}")
        if tuple(tensors[name].shape) != shapes[name]:
            expected = list(shapes[name])
            raise BadStateError(f"{name} is {list(tensors[name].shape)} instead of {expected}")
        if not tensors[name].is_floating_point():
            raise BadStateError(f"{name} does not have floating-point numbers")


def _check_types(kind: type, values: Mapping[str, object]) -> None:
    wrong = misfit(kind, values)
    if wrong:
        raise BadStateError(f"its {wrong} has a wrong type")
    for name, value in values.items():
        if isinstance(value, int | float):
            _check_number(name, value)


def _check_number(name: str, value: float) -> None:
    is_possible = 0 <= value <= _MOST if isinstance(value, int) else math.isfinite(value)
    if not is_possible:
        raise BadStateError(f"its {name} is not a possible number")
