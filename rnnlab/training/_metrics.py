"""The steps since the last record, summed up without waiting for the device."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor


class StepMetrics(NamedTuple):
    """What one step says of itself; the tensors are scalars that stay on the device."""

    loss: Tensor
    """Mean loss of its targets in nats, label smoothing left out."""
    norm: Tensor
    """Norm of the whole gradient before clipping."""
    largest: Tensor | None
    """Size of the gradient's largest number, where numbers are clipped."""
    num_tokens: int
    """Targets that the loss is the mean of."""
    num_read: int
    """Tokens read."""
    clip: float
    clip_value: float


@dataclass
class MetricWindow:
    """Sums over steps, whenever the device is asked.

    Steps are added one by one in their order, so that a resumed run, whose checkpoint asked in
    between, gets bit for bit the sums of an uninterrupted one.
    """

    loss_sum: float = 0.0
    """Loss times tokens, of the steps that were not skipped; so are the next ones."""
    norm_sum: float = 0.0
    norm_max: float = 0.0
    loss_max: float = 0.0
    """Largest mean loss of a step."""
    num_tokens: int = 0
    num_clipped: int = 0
    num_skipped: int = 0
    """Steps whose loss or gradient was not finite."""
    num_bad_running: int = 0
    """Skipped steps one after another up to here, also those of the window before."""
    most_bad_running: int = 0
    """The longest such row."""
    num_steps: int = 0
    num_read: int = 0
    seconds: float = 0.0
    """Time spent in these steps."""
    _waiting: list[StepMetrics] = field(default_factory=list, repr=False)

    def add(self, step: StepMetrics) -> None:
        """Take a step in; its figures are read later."""
        self._waiting.append(step)
        self.num_steps += 1
        self.num_read += step.num_read

    def fold(self) -> None:
        """Read the figures of the steps taken in; this waits for the device."""
        steps, self._waiting = self._waiting, []
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
            is_cut = step.largest is not None and step.largest.item() > step.clip_value
            self.num_clipped += is_cut or 0 < step.clip < norm

    def next(self) -> MetricWindow:
        """Return the window that begins where this one ends."""
        self.fold()
        return MetricWindow(num_bad_running=self.num_bad_running)

    def to_json(self) -> dict[str, Any]:
        """Return the sums as JSON values, all steps folded in."""
        self.fold()
        values = asdict(self)
        del values["_waiting"]
        return values
