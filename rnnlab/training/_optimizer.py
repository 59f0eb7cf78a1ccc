"""Optimisers: made from the settings, and steps that skip what is not finite."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnlab.settings.run_config import RunConfig
from rnnlab.training._compiler import leave_out_compiler, update


def make_optimizer(model: nn.Module, config: RunConfig) -> torch.optim.Optimizer:
    """Return the optimiser of a run; weight decay applies to matrices, but not to biases.

    On a GPU, its learning rate is a tensor, which `set_rate` changes: a CUDA graph reads it. This
    does not hold for RMSprop, whose steps are not captured.
    """
    leave_out_compiler()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    is_gpu = parameters[0].is_cuda
    lr = torch.tensor(config.lr, device=parameters[0].device) if is_gpu else config.lr
    groups: list[dict[str, Any]] = [{"params": parameters, "weight_decay": 0.0}]
    if config.weight_decay:
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
    betas = (0.9, config.beta2)
    match config.optimizer:
        case "adamw" | "adam" as name:
            kind = torch.optim.AdamW if name == "adamw" else torch.optim.Adam
            adam = kind(groups, lr, betas, fused=True, capturable=is_gpu)
            # Torch would warn of steps that are not captured, such as the first three.
            adam._warned_capturable_if_run_uncaptured = True
            return adam
        case "sgd":
            return _sgd(groups, lr, config.momentum)
        case "rmsprop":
            return torch.optim.RMSprop(groups, lr=config.lr, momentum=config.momentum)


def state_names(optimizer: torch.optim.Optimizer) -> frozenset[str]:
    """Return the names of the state of each parameter that has been trained.

    Only `step` is a scalar; the others have the shape of the parameter.
    """
    if isinstance(optimizer, torch.optim.Adam):  # AdamW, too
        return frozenset({"step", "exp_avg", "exp_avg_sq"})
    has_momentum = bool(optimizer.param_groups[0]["momentum"])
    buffer = frozenset({"momentum_buffer"}) if has_momentum else frozenset[str]()
    is_rmsprop = isinstance(optimizer, torch.optim.RMSprop)
    return buffer | {"step", "square_avg"} if is_rmsprop else buffer


def set_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Set the learning rate of the next step."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr


def is_capturable(optimizer: torch.optim.Optimizer) -> bool:
    """Return whether the host need not wait for the device in `step_if_finite`."""
    return not isinstance(optimizer, torch.optim.RMSprop)


def _sgd(groups: list[dict[str, Any]], lr: float | Tensor, momentum: float) -> torch.optim.SGD:
    """Return SGD whose momentum buffers are initialised to zero.

    Torch's fused SGD allocates the buffers at the first step and fills them in the same kernel. If
    a non-finite gradient skips that step, uninitialised memory would become the momentum.
    """
    sgd = torch.optim.SGD(groups, lr, momentum, fused=True)
    if momentum:
        for parameter in (p for group in groups for p in group["params"]):
            sgd.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return sgd


def step_if_finite(optimizer: torch.optim.Optimizer, is_finite: torch.Tensor) -> None:
    """Take a step if `is_finite`, a boolean scalar on the device; else keep the weights.

    Torch's fused optimisers decide this on the device, so the host need not wait: they read
    `found_inf`, which is made for mixed precision. RMSprop has no fused form: the host waits for
    the value of `is_finite`.
    """
    if not is_capturable(optimizer):
        if is_finite:
            update(optimizer)
        return
    optimizer.grad_scale = None  # type: ignore[attr-defined]
    optimizer.found_inf = (~is_finite).to(torch.float32)  # type: ignore[attr-defined]
    update(optimizer)
