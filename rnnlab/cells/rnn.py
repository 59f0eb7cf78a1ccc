"""Elman network with tanh.

    h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)

Source: Elman (1990), "Finding structure in time"; weights as in torch.nn.RNN.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells._base import Cell, LayerState, Weights


class RNN(Cell[Weights]):
    """The network of torch.nn.RNN with tanh; `fused` calls torch's kernel."""

    gates = ("h",)
    weights_type = Weights
    cudnn_mode = "RNN_TANH"

    def step(self, x_BG: Tensor, state: LayerState, weights: Weights) -> LayerState:
        """Return the new state (h_t,)."""
        (h,) = state
        return (torch.tanh(x_BG + torch.addmm(weights.bias_hh, h, weights.weight_hh.T)),)

    def fused(
        self, x_BTI: Tensor, state: LayerState, weights: Weights
    ) -> tuple[Tensor, LayerState]:
        """Return the outputs [B, T, H] and the last state, computed by torch's kernel."""
        (h,) = state
        y_BTH, h_1BH = torch.rnn_tanh(
            x_BTI, h[None], weights, has_biases=True, num_layers=1, dropout=0.0,
            train=torch.is_grad_enabled(), bidirectional=False, batch_first=True,
        )  # fmt: skip
        return y_BTH, (h_1BH[0],)


CELL = RNN()
