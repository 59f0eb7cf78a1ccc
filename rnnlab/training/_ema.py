"""EMA of the weights: evaluated, saved and prompted in place of the weights being trained.

    a_t = d_t a_{t-1} + (1 - d_t) w_t,    d_t = min(decay, (1 + t) / (10 + t))

w_t are the weights after step t, a_t their average. At a high learning rate the weights oscillate
around a minimum, and their average is closer to the minimum. The decay d_t is small at first, so
the initial weights soon lose their influence.

Source: Polyak and Juditsky (1992), "Acceleration of stochastic approximation by averaging".
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from rnnlab.cells import arrange_weights
from rnnlab.models import TextModel


class WeightAverage:
    """A copy of a model whose weights are the EMA of the model's weights."""

    def __init__(self, model: TextModel, decay: float) -> None:
        """Start with the current weights of `model`. decay: the limit of d_t, below 1."""
        self.model = copy.deepcopy(model).requires_grad_(requires_grad=False)
        arrange_weights(self.model.rnn)
        self._decay = decay
        self._pairs = list(zip(self.model.parameters(), model.parameters(), strict=True))

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Include the model's weights after the optimiser's step number `step`, counted from 1."""
        decay = min(self._decay, (1 + step) / (10 + step))
        averages: list[Tensor] = [average for average, _ in self._pairs]
        weights: list[Tensor] = [weight for _, weight in self._pairs]
        torch._foreach_lerp_(averages, weights, 1 - decay)
