"""The training state: everything that an exact resume needs, on disk as safetensors.

The file is complete: it also holds the weights in training, because the checkpoint next to it may
hold only their average. Shapes: H hidden units, B sequences.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from rnnlab.base.errors import RnnlabError
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import UnfitFileError, path_of_open
from rnnlab.cells import State
from rnnlab.models import TextModel, fit, save_tensors
from rnnlab.runs.intact import check_state, damaged_state
from rnnlab.training._metrics import MetricWindow


@dataclass
class TrainingState:
    """State of a run: position in the data, carried hidden state, random generator, best loss."""

    window: MetricWindow
    generator: torch.Generator
    """Random generator of the dropout masks."""
    step: int = 0
    epoch: int = 0
    """Number of completed passes over the training split."""
    batch: int = 0
    """Number of completed batches of the current epoch."""
    elapsed_s: float = 0.0
    best_val_loss: float | None = None
    best_step: int | None = None
    carried: State | None = None
    """Hidden state [B, H] per layer after the last batch, detached; None at an epoch's start."""
    start: State = ()
    """Hidden state before the first token, reused in every step; not saved."""
    changed: dict[str, float] = field(default_factory=dict)
    """Changed settings that config.toml does not have yet, from a checkpoint of rnnlab before
    config.toml was rewritten: name -> value."""
    num_stale: int = 0
    """Number of validations since the last improvement."""
    lr_scale: float = 1.0
    """Factor applied to the scheduled learning rate; plateaus and rollbacks lower the factor."""
    num_rollbacks: int = 0
    has_reached_target: bool = False
    """Whether a validation has reached the setting `target`."""

    @classmethod
    def fresh(cls, seed: int, device: torch.device) -> TrainingState:
        """Return the state before the first step."""
        return cls(MetricWindow(), torch.Generator(device=device).manual_seed(seed))

    def add_validation(self, loss: float) -> bool:
        """Count a validation at this step; return True if its loss (nats) is the best so far."""
        best = self.best_val_loss
        is_best = math.isfinite(loss) and (best is None or loss < best)
        if is_best:
            self.best_val_loss, self.best_step = loss, self.step
        self.num_stale = 0 if is_best else self.num_stale + 1
        return is_best


_SCALARS = (
    "step", "epoch", "batch", "elapsed_s", "best_val_loss", "best_step", "changed", "num_stale",
    "lr_scale", "num_rollbacks",
)  # fmt: skip
_LATER_SCALARS = ("has_reached_target",)
"""Scalars that older checkpoints do not have."""


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
    scalars: dict[str, object] = {
        name: getattr(state, name) for name in (*_SCALARS, *_LATER_SCALARS)
    }
    scalars["window"] = state.window.to_json()
    for index, entries in optimizer.state_dict()["state"].items():
        for name, value in entries.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{index}.{name}"] = value.contiguous()
            elif value is not None:
                scalars[f"optimizer.{index}.{name}"] = value
    save_tensors(file, tensors, {"state": json.dumps(scalars)})


def load_training_state(
    file: Path, optimizer: torch.optim.Optimizer, model: TextModel
) -> TrainingState:
    """Return a saved training state; restore `optimizer` and `model` from the same file.

    Raises DamagedError if the file is missing, damaged or unreadable, RnnlabError if it does not
    fit the model or is from another kind of device.
    """
    device = model.device
    check_state(file)
    try:
        with path_of_open(file) as path, safe_open(path, framework="pt") as stored:
            scalars = parse_json(stored.metadata()["state"])
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        weights = {
            name.removeprefix("model."): tensor
            for name, tensor in tensors.items()
            if name.startswith("model.")
        }
        window = MetricWindow(**scalars.pop("window"))
        known = {name: scalars[name] for name in _SCALARS}
        known |= {name: scalars[name] for name in _LATER_SCALARS if name in scalars}
    except UnfitFileError as error:
        raise damaged_state(file, f"it is {error.strerror or error}") from None
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise damaged_state(file, str(error).partition("\n")[0]) from None
    fit(model, weights, file)
    generator = torch.Generator(device=device)
    try:
        generator.set_state(tensors["generator"])
    except RuntimeError:
        raise RnnlabError(
            f"{file} was written on another kind of device",
            "resume the run on a device of that kind, or start a new run",
        ) from None
    _load_optimizer(optimizer, tensors, scalars)
    return TrainingState(window, generator, carried=_carried(tensors, device), **known)


def _carried(tensors: dict[str, Tensor], device: torch.device) -> State | None:
    """Return a copy of the carried state.

    A tensor of the memory-mapped file is not aligned like memory that torch allocates. A BLAS may
    add unaligned numbers in another order, and the resumed run would differ in the last bit.
    """
    layers: dict[int, list[Tensor]] = {}
    for name in sorted(name for name in tensors if name.startswith("carried.")):
        layers.setdefault(int(name.split(".")[1]), []).append(tensors[name].to(device, copy=True))
    return tuple(tuple(layers[layer]) for layer in sorted(layers)) or None


def _load_optimizer(
    optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor], scalars: dict[str, object]
) -> None:
    entries: dict[int, dict[str, object]] = {}
    for key, value in [*tensors.items(), *scalars.items()]:
        if key.startswith("optimizer."):
            _, index, name = key.split(".")
            entries.setdefault(int(index), {})[name] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": entries, "param_groups": groups})
