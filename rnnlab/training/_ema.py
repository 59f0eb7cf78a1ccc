"""A moving average of the weights: what is measured and prompted in place of the last ones.

    a_t = d_t a_{t-1} + (1 - d_t) w_t,    d_t = min(decay, (1 + t) / (10 + t))

A net at a high rate wanders about a good place; the average stands in its middle. The young average
forgets fast, so that it is not drawn to the initial weights.

Source: Polyak and Juditsky (1992), "Acceleration of stochastic approximation by averaging".
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from rnnlab.models import TextModel


class WeightAverage:
    """The averaged twin of a model."""

    def __init__(self, model: TextModel, decay: float) -> None:
        """Begin with the model's weights as they are."""
        self.model = copy.deepcopy(model).requires_grad_(requires_grad=False)
        self._decay = decay
        self._pairs = list(zip(self.model.parameters(), model.parameters(), strict=True))

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after optimiser step number `step`, 1 for the first."""
        decay = min(self._decay, (1 + step) / (10 + step))
        averages: list[Tensor] = [average for average, _ in self._pairs]
        weights: list[Tensor] = [weight for _, weight in self._pairs]
        torch._foreach_lerp_(averages, weights, 1 - decay)
