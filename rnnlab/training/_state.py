"""The training state: where a run is. Shapes: H hidden units, B sequences."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch

from rnnlab.cells import State
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
