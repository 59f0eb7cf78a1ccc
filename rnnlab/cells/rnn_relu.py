"""Elman network with rectified linear units, initialised with the identity matrix (IRNN).

    h_t = max(0, W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)

Source: Le et al. (2015), "A simple way to initialize recurrent networks of rectified linear units";
weights as in torch.nn.RNN.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells._base import Cell, LayerState, Weights


class ReluRNN(Cell[Weights]):
    """The network of torch.nn.RNN with ReLU; `fused` calls torch's kernel."""

    gates = ("h",)
    weights_type = Weights
    cudnn_mode = "RNN_RELU"
    h_range = None

    @torch.no_grad()
    def initialise(self, weights: Weights, generator: torch.Generator) -> None:
        """Set W_hh to the identity, W_ih to samples of N(0, 0.001^2) and the biases to 0.

        A new network sums its scaled inputs and forgets nothing.
        """
        weights.weight_ih.normal_(std=0.001, generator=generator)
        torch.nn.init.eye_(weights.weight_hh)
        weights.bias_ih.zero_()
        weights.bias_hh.zero_()

    def step(self, x_BG: Tensor, state: LayerState, weights: Weights) -> LayerState:
        """Return the new state (h_t,)."""
        (h,) = state
        return (torch.relu(x_BG + torch.addmm(weights.bias_hh, h, weights.weight_hh.T)),)

    def fused(
        self, x_BTI: Tensor, state: LayerState, weights: Weights
    ) -> tuple[Tensor, LayerState]:
        """Return the outputs [B, T, H] and the last state, computed by torch's kernel."""
        (h,) = state
        y_BTH, h_1BH = torch.rnn_relu(
            x_BTI, h[None], weights, has_biases=True, num_layers=1, dropout=0.0,
            train=torch.is_grad_enabled(), bidirectional=False, batch_first=True,
        )  # fmt: skip
        return y_BTH, (h_1BH[0],)


CELL = ReluRNN()
