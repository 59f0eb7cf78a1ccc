"""Metrics of the steps since the last record, added without synchronising the device."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor


class StepMetrics(NamedTuple):
    """Metrics of one step; the tensors are scalars on the device."""

    loss: Tensor
    """Mean loss over the targets in nats, without label smoothing."""
    norm: Tensor
    """Norm of the whole gradient before clipping."""
    largest: Tensor | None
    """Largest magnitude of a gradient element before clipping; None if elements are not clipped."""
    num_tokens: int
    """Number of targets."""
    num_read: int
    """Number of input tokens."""
    clip: float
    """Limit of the gradient norm; 0: off."""
    clip_value: float
    """Limit of a gradient element's magnitude; 0: off."""


@dataclass
class MetricWindow:
    """Sums over steps; `fold` reads pending steps from the device.

    The steps are summed one by one, in order: a checkpoint calls `fold` early, and the sums of a
    resumed run must be bit for bit those of an uninterrupted run. The field names are part of the
    checkpoint.
    """

    loss_sum: float = 0.0
    """Sum of loss times targets. Skipped steps do not count, here and in the next five fields."""
    norm_sum: float = 0.0
    """Sum of the gradient norms before clipping."""
    norm_max: float = 0.0
    loss_max: float = 0.0
    """Largest mean loss of a step."""
    num_tokens: int = 0
    num_clipped: int = 0
    num_skipped: int = 0
    """Number of steps whose loss or gradient was not finite; they did not change the weights."""
    num_bad_running: int = 0
    """Number of consecutive skipped steps up to now, including steps of previous windows."""
    most_bad_running: int = 0
    """Largest number of consecutive skipped steps."""
    num_steps: int = 0
    num_read: int = 0
    seconds: float = 0.0
    """Total duration of the steps."""
    _pending: list[StepMetrics] = field(default_factory=list, repr=False)

    def add(self, step: StepMetrics) -> None:
        """Add a step without reading its tensors."""
        self._pending.append(step)
        self.num_steps += 1
        self.num_read += step.num_read

    def fold(self) -> None:
        """Add the pending steps to the sums; reading their tensors synchronises the device."""
        steps, self._pending = self._pending, []
        if not steps:
            return
        losses = torch.stack([step.loss for step in steps]).tolist()
        norms = torch.stack([step.norm for step in steps]).tolist()
        for step, loss, norm in zip(steps, losses, norms, strict=True):
            if not math.isfinite(loss + norm):
                self.num_skipped += 1
                self.num_bad_running += 1
                self.most_bad_running = max(self.most_bad_running, self.num_bad_running)
                continue
            self.num_bad_running = 0
            self.loss_sum += loss * step.num_tokens
            self.norm_sum += norm
            self.norm_max = max(self.norm_max, norm)
            self.loss_max = max(self.loss_max, loss)
            self.num_tokens += step.num_tokens
            exceeds_value = step.largest is not None and step.largest.item() > step.clip_value
            self.num_clipped += exceeds_value or 0 < step.clip < norm

    def next(self) -> MetricWindow:
        """Return an empty window that continues the count of consecutive skipped steps."""
        self.fold()
        return MetricWindow(num_bad_running=self.num_bad_running)

    def to_json(self) -> dict[str, Any]:
        """Return the sums over all steps as JSON values."""
        self.fold()
        values = asdict(self)
        del values["_pending"]
        return values
