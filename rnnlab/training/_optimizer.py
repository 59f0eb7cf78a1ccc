"""Update rules and the course of the learning rate."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from rnnlab.settings.run_config import RunConfig
from rnnlab.training._compiler import leave_out_compiler, update

_ONE_CYCLE_START = 0.04
"""Where one-cycle begins, as a share of the highest rate (torch's default, 1/25)."""


def make_optimizer(model: nn.Module, config: RunConfig) -> torch.optim.Optimizer:
    """Return the optimiser of a run; weight decay is for matrices, not for biases."""
    leave_out_compiler()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups: list[dict[str, Any]] = [{"params": parameters, "weight_decay": 0.0}]
    if config.weight_decay:
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
    betas = (0.9, config.beta2)
    match config.optimizer:
        case "adamw":
            return torch.optim.AdamW(groups, lr=config.lr, betas=betas, fused=True)
        case "adam":
            return torch.optim.Adam(groups, lr=config.lr, betas=betas, fused=True)
        case "sgd":
            return _sgd(groups, config)
        case "rmsprop":
            return torch.optim.RMSprop(groups, lr=config.lr, momentum=config.momentum)


def _sgd(groups: list[dict[str, Any]], config: RunConfig) -> torch.optim.SGD:
    """Return SGD whose momentum begins at zero.

    The fused rule makes room for it at the first step and fills it there; were that one skipped,
    what happened to be in memory would be taken for momentum.
    """
    sgd = torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum, fused=True)
    if config.momentum:
        for parameter in (p for group in groups for p in group["params"]):
            sgd.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return sgd


def step_if_finite(optimizer: torch.optim.Optimizer, is_finite: torch.Tensor) -> None:
    """Take a step unless loss or gradient is not finite; the weights are then left as they are.

    The fused rules decide on the device, by the switch that mixed precision made for it, so that
    nothing waits for the answer; RMSprop has no fused form and asks.
    """
    if isinstance(optimizer, torch.optim.RMSprop):
        if is_finite:
            update(optimizer)
        return
    optimizer.grad_scale = None  # type: ignore[attr-defined]
    optimizer.found_inf = (~is_finite).to(torch.float32)  # type: ignore[attr-defined]
    update(optimizer)


def learning_rate(config: RunConfig, progress: float) -> float:
    """Return the rate at a share of the run, 0 to 1.

    cosine: a straight rise over `warmup`, then half a cosine down to `final_lr` (Loshchilov and
    Hutter 2017, without restarts). one-cycle: half a cosine up from 1/25, then half a cosine down
    (Smith and Topin 2019). plateau: constant here, halved by `TrainingState.lr_scale`.
    """
    if config.schedule in ("constant", "plateau"):
        return config.lr
    if progress < config.warmup:
        rise = progress / config.warmup
        if config.schedule == "cosine":
            return config.lr * max(rise, 1e-2)
        return config.lr * _between(_ONE_CYCLE_START, 1.0, rise)
    fall = min(1.0, (progress - config.warmup) / (1 - config.warmup))
    return config.lr * _between(1.0, config.final_lr, fall)


def _between(start: float, end: float, share: float) -> float:
    """Return the point of half a cosine from `start` to `end`."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
