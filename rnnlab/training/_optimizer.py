"""Optimisers and learning rate schedules."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from rnnlab.settings.run_config import RunConfig
from rnnlab.training._compiler import leave_out_compiler, update

_ONE_CYCLE_START = 0.04
"""Initial learning rate of one-cycle as a fraction of the highest rate (torch's default, 1/25)."""


def make_optimizer(model: nn.Module, config: RunConfig) -> torch.optim.Optimizer:
    """Return the optimiser of a run; weight decay applies to matrices, but not to biases."""
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
    """Return SGD whose momentum buffers are initialised to zero.

    Torch's fused SGD allocates the buffers at the first step and fills them in the same kernel. If
    a non-finite gradient skips that step, uninitialised memory would become the momentum.
    """
    sgd = torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum, fused=True)
    if config.momentum:
        for parameter in (p for group in groups for p in group["params"]):
            sgd.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return sgd


def step_if_finite(optimizer: torch.optim.Optimizer, is_finite: torch.Tensor) -> None:
    """Take a step if `is_finite`, a boolean scalar on the device; else keep the weights.

    Torch's fused optimisers decide this on the device, so the host need not wait: they read
    `found_inf`, which is made for mixed precision. RMSprop has no fused form: the host waits for
    the value of `is_finite`.
    """
    if isinstance(optimizer, torch.optim.RMSprop):
        if is_finite:
            update(optimizer)
        return
    optimizer.grad_scale = None  # type: ignore[attr-defined]
    optimizer.found_inf = (~is_finite).to(torch.float32)  # type: ignore[attr-defined]
    update(optimizer)


def learning_rate(config: RunConfig, progress: float) -> float:
    """Return the learning rate at a fraction `progress` of the run, 0 to 1.

    cosine: a linear rise over `warmup`, then half a cosine down to `final_lr` (Loshchilov and
    Hutter 2017, without restarts). one-cycle: half a cosine up from 1/25 of the highest rate, then
    half a cosine down (Smith and Topin 2019). plateau: constant here; `TrainingState.lr_scale`
    lowers it.
    """
    if config.schedule in ("constant", "plateau"):
        return config.lr
    if progress < config.warmup:
        rise = progress / config.warmup
        if config.schedule == "cosine":
            return config.lr * max(rise, 1e-2)
        return config.lr * _half_cosine(_ONE_CYCLE_START, 1.0, rise)
    fall = min(1.0, (progress - config.warmup) / (1 - config.warmup))
    return config.lr * _half_cosine(1.0, config.final_lr, fall)


def _half_cosine(start: float, end: float, fraction: float) -> float:
    """Return the value at a fraction (0 to 1) of the way along half a cosine, `start` to `end`."""
    return end + (start - end) * (1 + math.cos(math.pi * fraction)) / 2
