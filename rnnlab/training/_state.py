"""Where a run stands: all that exact resume needs besides the weights, on disk as safetensors.

Shapes: H hidden units, B sequences.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from rnnlab.cells import State
from rnnlab.errors import RnnlabError
from rnnlab.runs.paths import replace_file


@dataclass
class Window:
    """Sums over the steps since the last record; kept on the device, read at log points only."""

    sums: Tensor
    """Loss times tokens, gradient norm, clipped steps, skipped steps (float64)."""
    norm_max: Tensor
    """Largest gradient norm."""
    num_tokens: Tensor
    """Tokens of the steps that were not skipped."""
    num_steps: int = 0
    seconds: float = 0.0
    """Time spent in these steps."""
    num_read: int = 0
    """Tokens read in these steps."""

    @classmethod
    def empty(cls, device: torch.device) -> Window:
        """Return a window without steps."""
        zero = torch.zeros((), dtype=torch.float64, device=device)
        return cls(torch.zeros(4, dtype=torch.float64, device=device), zero, zero.clone())


@dataclass
class TrainingState:
    """Position in the data, carried state, chance, and what was best so far."""

    window: Window
    generator: torch.Generator
    """Decides the dropout."""
    step: int = 0
    epoch: int = 0
    """Passes over the text that are complete."""
    batch: int = 0
    """Batches of the current pass that are done."""
    elapsed_s: float = 0.0
    best_val_loss: float | None = None
    best_step: int | None = None
    carried: State | None = None
    """State at the end of the last batch, detached; None at an epoch's start."""
    changed: dict[str, float] = field(default_factory=dict)
    """Settings changed while it ran."""

    @classmethod
    def fresh(cls, seed: int, device: torch.device) -> TrainingState:
        """Return the state before the first step."""
        generator = torch.Generator(device=device).manual_seed(seed)
        return cls(Window.empty(device), generator)


_SCALARS = ("step", "epoch", "batch", "elapsed_s", "best_val_loss", "best_step", "changed")


def save_training_state(file: Path, state: TrainingState, optimizer: torch.optim.Optimizer) -> None:
    """Write the state and the optimiser's, whole or not at all."""
    tensors = {
        "generator": state.generator.get_state(),
        "window.sums": state.window.sums,
        "window.norm_max": state.window.norm_max,
        "window.num_tokens": state.window.num_tokens,
    }
    for layer, parts in enumerate(state.carried or ()):
        for part, tensor in enumerate(parts):
            tensors[f"carried.{layer}.{part}"] = tensor.contiguous().clone()
    scalars: dict[str, object] = {name: getattr(state, name) for name in _SCALARS}
    scalars["window"] = [state.window.num_steps, state.window.seconds, state.window.num_read]
    for index, entries in optimizer.state_dict()["state"].items():
        for name, value in entries.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{index}.{name}"] = value.contiguous()
            elif value is not None:
                scalars[f"optimizer.{index}.{name}"] = value
    metadata = {"state": json.dumps(scalars)}
    replace_file(file, lambda temporary: save_file(tensors, temporary, metadata))


def load_training_state(
    file: Path, optimizer: torch.optim.Optimizer, device: torch.device
) -> TrainingState:
    """Read what `save_training_state` wrote, the optimiser's part into `optimizer`.

    Raises RnnlabError when the file is missing or unreadable.
    """
    try:
        with safe_open(file, framework="pt") as stored:
            scalars = json.loads(stored.metadata()["state"])
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise RnnlabError(f"{file} cannot be read: {error}", "start a new run") from None
    num_steps, seconds, num_read = scalars.pop("window")
    window = Window(
        tensors["window.sums"].to(device),
        tensors["window.norm_max"].to(device),
        tensors["window.num_tokens"].to(device),
        num_steps,
        seconds,
        num_read,
    )
    generator = torch.Generator(device=device)
    try:
        generator.set_state(tensors["generator"])
    except RuntimeError:
        raise RnnlabError(
            f"{file} is of another kind of device", "resume it where it began, or train anew"
        ) from None
    known = {name: scalars[name] for name in _SCALARS}
    _load_optimizer(optimizer, tensors, scalars)
    return TrainingState(window, generator, carried=_carried(tensors, device), **known)


def _carried(tensors: dict[str, Tensor], device: torch.device) -> State | None:
    layers: dict[int, list[Tensor]] = {}
    for name in sorted(name for name in tensors if name.startswith("carried.")):
        layers.setdefault(int(name.split(".")[1]), []).append(tensors[name].to(device))
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
