"""Elman network with sigmoid units, as in the first recurrent language models.

    h_t = sigmoid(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)
    h_0 = a small random vector, drawn once and not trained

Source: Mikolov et al. (2010), "Recurrent neural network based language model". The paper writes s
for h, U for W_ih and W for W_hh, has no biases, and starts from small values of h such as 0.1.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rnnlab.cells._base import Cell, LayerState


class StartWeights(NamedTuple):
    """Parameters of a layer, and its initial state."""

    weight_ih: Tensor
    """Input weights [H, I]."""
    weight_hh: Tensor
    """Recurrent weights [H, H]."""
    bias_ih: Tensor
    """Biases of the input term [H]."""
    bias_hh: Tensor
    """Biases of the recurrent term [H]."""
    start: Tensor
    """Initial state h_0 [H]; saved with the weights to make the scores of texts reproducible."""


class SigmoidRNN(Cell[StartWeights]):
    """A network with sigmoid units and a fixed, random initial state; no fused kernel."""

    gates = ("h",)
    weights_type = StartWeights
    fixed = frozenset({"start"})
    has_fused = False
    h_range = (0.0, 1.0)

    def shapes(self, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of torch.nn.RNN's parameters and of h_0."""
        return {**super().shapes(input_size, hidden_size), "start": (hidden_size,)}

    @torch.no_grad()
    def initialise(self, weights: StartWeights, generator: torch.Generator) -> None:
        """Initialise as torch does, and draw h_0 uniformly from [0, 0.1)."""
        super().initialise(weights, generator)
        weights.start.uniform_(0.0, 0.1, generator=generator)

    def start(self, batch: int, weights: StartWeights) -> LayerState:
        """Return h_0 for every row."""
        return (weights.start.repeat(batch, 1),)

    def step(self, x_BG: Tensor, state: LayerState, weights: StartWeights) -> LayerState:
        """Return the new state (h_t,)."""
        (h,) = state
        return (torch.sigmoid(x_BG + torch.addmm(weights.bias_hh, h, weights.weight_hh.T)),)


CELL = SigmoidRNN()
