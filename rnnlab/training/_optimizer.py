"""Update rules and the course of the learning rate."""

from __future__ import annotations

import math

import torch
from torch import nn

from rnnlab.config import RunConfig

_WARMUP_SHARE = 0.02
_FINAL_SHARE = 0.1


def make_optimizer(model: nn.Module, config: RunConfig) -> torch.optim.Optimizer:
    """Return the optimiser of a run; weight decay is for matrices, not for biases."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    match config.optimizer:
        case "adamw":
            return torch.optim.AdamW(groups, lr=config.lr, fused=True)
        case "adam":
            return torch.optim.Adam(groups, lr=config.lr, fused=True)
        case "sgd":
            return torch.optim.SGD(groups, lr=config.lr, fused=True)
        case "rmsprop":
            return torch.optim.RMSprop(groups, lr=config.lr)


def step_if_finite(optimizer: torch.optim.Optimizer, is_finite: torch.Tensor) -> None:
    """Take a step unless loss or gradient is not finite; the weights are then left as they are.

    The fused rules decide on the device, by the switch that mixed precision made for it, so that
    nothing waits for the answer; RMSprop has no fused form and asks.
    """
    if isinstance(optimizer, torch.optim.RMSprop):
        if is_finite:
            optimizer.step()
        return
    optimizer.grad_scale = None  # type: ignore[attr-defined]
    optimizer.found_inf = (~is_finite).to(torch.float32)  # type: ignore[attr-defined]
    optimizer.step()


def learning_rate(config: RunConfig, progress: float) -> float:
    """Return the rate at a share of the run, 0 to 1."""
    if config.schedule == "constant":
        return config.lr
    if progress < _WARMUP_SHARE:
        return config.lr * max(progress, 1e-4) / _WARMUP_SHARE
    fall = min(1.0, (progress - _WARMUP_SHARE) / (1 - _WARMUP_SHARE))
    return config.lr * (_FINAL_SHARE + (1 - _FINAL_SHARE) * (1 + math.cos(math.pi * fall)) / 2)
