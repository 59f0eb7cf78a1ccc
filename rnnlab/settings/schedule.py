"""The learning-rate schedules: the rate as a function of the completed fraction of the run."""

from __future__ import annotations

import math

from rnnlab.settings.run_config import RunConfig

_ONE_CYCLE_START = 0.04
"""Initial learning rate of one-cycle as a fraction of the highest rate (torch's default, 1/25)."""


def learning_rate(config: RunConfig, progress: float) -> float:
    """Return the learning rate at a fraction `progress` of the run, 0 to 1.

    cosine: a linear rise over `warmup`, then half a cosine down to `final_lr` (Loshchilov and
    Hutter 2017, without restarts). one-cycle: half a cosine up from 1/25 of the highest rate, then
    half a cosine down (Smith and Topin 2019). plateau: constant here; the training state
    has the factor that lowers it.
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
