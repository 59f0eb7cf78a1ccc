"""Gated recurrent unit with the reset gate after the recurrent product.

    r_t = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)
    z_t = sigmoid(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
    n_t = tanh(W_in x_t + b_in + r_t * (W_hn h_{t-1} + b_hn))
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}

Source: Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder", first
version; cuDNN and torch.nn.GRU compute this form.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells._base import Cell, LayerState, Weights


class GRU(Cell[Weights]):
    """The GRU of torch.nn.GRU; `fused` calls torch's kernel."""

    gates = ("r", "z", "n")
    weights_type = Weights
    cudnn_mode = "GRU"

    def gate_values(self, x_BG: Tensor, state: LayerState, weights: Weights) -> tuple[Tensor, ...]:
        """Return r, z and n, each [B, H]."""
        (h,) = state
        x_r, x_z, x_n = x_BG.chunk(3, dim=1)
        h_r, h_z, h_n = torch.addmm(weights.bias_hh, h, weights.weight_hh.T).chunk(3, dim=1)
        r = torch.sigmoid(x_r + h_r)
        z = torch.sigmoid(x_z + h_z)
        n = torch.tanh(x_n + r * h_n)
        return r, z, n

    def step(self, x_BG: Tensor, state: LayerState, weights: Weights) -> LayerState:
        """Return the new state (h_t,)."""
        (h,) = state
        _, z, n = self.gate_values(x_BG, state, weights)
        return ((1 - z) * n + z * h,)

    def fused(
        self, x_BTI: Tensor, state: LayerState, weights: Weights
    ) -> tuple[Tensor, LayerState]:
        """Return the outputs [B, T, H] and the last state, computed by torch's kernel."""
        (h,) = state
        y_BTH, h_1BH = torch.gru(
            x_BTI, h[None], weights, has_biases=True, num_layers=1, dropout=0.0,
            train=torch.is_grad_enabled(), bidirectional=False, batch_first=True,
        )  # fmt: skip
        return y_BTH, (h_1BH[0],)


CELL = GRU()
