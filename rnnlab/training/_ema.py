"""EMA of the weights: evaluated, saved and prompted in place of the weights being trained.

    a_t = d_t a_{t-1} + (1 - d_t) w_t,    d_t = min(decay, (1 + t) / (10 + t))

At a high learning rate the weights oscillate around a minimum; their average is closer to it. The
decay is smaller at first, so that the initial weights are soon forgotten.

Source: Polyak and Juditsky (1992), "Acceleration of stochastic approximation by averaging".
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from rnnlab.models import TextModel


class WeightAverage:
    """A copy of a model whose weights are the EMA of the model's weights."""

    def __init__(self, model: TextModel, decay: float) -> None:
        """Start from the model's present weights. decay: the limit of d_t, below 1."""
        self.model = copy.deepcopy(model).requires_grad_(requires_grad=False)
        self._decay = decay
        self._pairs = list(zip(self.model.parameters(), model.parameters(), strict=True))

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Add the model's weights after optimiser step number `step`, 1 for the first."""
        decay = min(self._decay, (1 + step) / (10 + step))
        averages: list[Tensor] = [average for average, _ in self._pairs]
        weights: list[Tensor] = [weight for _, weight in self._pairs]
        torch._foreach_lerp_(averages, weights, 1 - decay)
