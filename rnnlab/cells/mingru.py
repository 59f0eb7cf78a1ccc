"""Minimal gated recurrent unit: the gates read only the input, so all steps are computed at once.

    z_t = sigmoid(W_iz x_t + b_iz)
    n_t = g(W_in x_t + b_in)
    h_t = (1 - z_t) * h_{t-1} + z_t * n_t

g(x) = x + 0.5 for x >= 0, sigmoid(x) for x < 0.

Source: Feng et al. (2024), "Were RNNs all we needed?", appendix B. The paper scans in log space;
this is not necessary, because the factor of h_{t-1} is at most one.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells._base import Cell, InputWeights, LayerState
from rnnlab.cells._scan import g, scan, wide


class MinGRU(Cell[InputWeights]):
    """The minimal GRU; its gates do not read h, so `fused` is a scan over all steps."""

    gates = ("z", "n")
    weights_type = InputWeights
    h_range = None

    def shapes(self, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the input weights; there are no recurrent weights."""
        rows = 2 * hidden_size
        return {"weight_ih": (rows, input_size), "bias_ih": (rows,)}

    @torch.no_grad()
    def initialise(self, weights: InputWeights, generator: torch.Generator) -> None:
        """Initialise like torch.nn.Linear: uniform in +-1/sqrt(I)."""
        bound = weights.weight_ih.shape[1] ** -0.5
        for parameter in weights:
            parameter.uniform_(-bound, bound, generator=generator)

    def gate_values(
        self, x_BG: Tensor, state: LayerState, weights: InputWeights
    ) -> tuple[Tensor, ...]:
        """Return z and n, each [B, H]; neither reads the state."""
        a_z, a_n = wide(x_BG).chunk(2, dim=1)
        z = torch.sigmoid(a_z)
        n = g(a_n)
        return z, n

    def step(self, x_BG: Tensor, state: LayerState, weights: InputWeights) -> LayerState:
        """Return the new state (h_t,)."""
        (h,) = state
        z, n = self.gate_values(x_BG, state, weights)
        return ((1 - z) * h + z * n,)

    def fused(
        self, x_BTI: Tensor, state: LayerState, weights: InputWeights
    ) -> tuple[Tensor, LayerState]:
        """Return the outputs [B, T, H] and the last state from one scan over all steps."""
        (h,) = state
        a_z, a_n = wide(self.project(x_BTI, weights)).chunk(2, dim=2)
        z = torch.sigmoid(a_z)
        y_BTH = scan(1 - z, z * g(a_n), h)
        return y_BTH, (y_BTH[:, -1],)


CELL = MinGRU()
