"""Gated recurrent unit with the reset gate before the recurrent product.

    r_t = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)
    z_t = sigmoid(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
    n_t = tanh(W_in x_t + b_in + W_hn (r_t * h_{t-1}) + b_hn)
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}

Source: Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder"; weights
stacked as in torch.nn.GRU. torch.nn.GRU itself resets after the product: see the cell `gru`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells._base import Cell, LayerState, Weights


class ChoGRU(Cell[Weights]):
    """A GRU whose reset gate acts on h before the recurrent product; no fused kernel."""

    gates = ("r", "z", "n")
    weights_type = Weights
    has_fused = False

    def gate_values(self, x_BG: Tensor, state: LayerState, weights: Weights) -> tuple[Tensor, ...]:
        """Return r, z and n, each [B, H]."""
        (h,) = state
        x_r, x_z, x_n = x_BG.chunk(3, dim=1)
        W_r, W_z, W_n = weights.weight_hh.chunk(3)
        b_r, b_z, b_n = weights.bias_hh.chunk(3)
        r = torch.sigmoid(x_r + torch.addmm(b_r, h, W_r.T))
        z = torch.sigmoid(x_z + torch.addmm(b_z, h, W_z.T))
        n = torch.tanh(x_n + torch.addmm(b_n, r * h, W_n.T))
        return r, z, n

    def step(self, x_BG: Tensor, state: LayerState, weights: Weights) -> LayerState:
        """Return the new state (h_t,)."""
        (h,) = state
        _, z, n = self.gate_values(x_BG, state, weights)
        return ((1 - z) * n + z * h,)


CELL = ChoGRU()
