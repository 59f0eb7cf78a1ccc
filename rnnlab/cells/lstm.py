"""Long short-term memory with a forget gate.

    i_t = sigmoid(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi)
    f_t = sigmoid(W_if x_t + b_if + W_hf h_{t-1} + b_hf)
    g_t = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)
    o_t = sigmoid(W_io x_t + b_io + W_ho h_{t-1} + b_ho)
    c_t = f_t * c_{t-1} + i_t * g_t
    h_t = o_t * tanh(c_t)

Source: Hochreiter and Schmidhuber (1997), "Long short-term memory"; the forget gate: Gers et al.
(2000); weights as in torch.nn.LSTM. The forget gate starts open, b_if + b_hf = 1 (Jozefowicz et
al. 2015).
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells._base import Cell, LayerState, Weights


class LSTM(Cell[Weights]):
    """The LSTM of torch.nn.LSTM; `fused` calls torch's kernel."""

    gates = ("i", "f", "g", "o")
    weights_type = Weights
    cudnn_mode = "LSTM"
    num_states = 2

    @torch.no_grad()
    def initialise(self, weights: Weights, generator: torch.Generator) -> None:
        """Initialise as torch does, but b_if + b_hf = 1: a new network then forgets little."""
        super().initialise(weights, generator)
        self.rows(weights.bias_ih, "f").fill_(1.0)
        self.rows(weights.bias_hh, "f").fill_(0.0)

    def gate_values(self, x_BG: Tensor, state: LayerState, weights: Weights) -> tuple[Tensor, ...]:
        """Return i, f, g and o, each [B, H]."""
        h, _ = state
        a_BG = x_BG + torch.addmm(weights.bias_hh, h, weights.weight_hh.T)
        a_i, a_f, a_g, a_o = a_BG.chunk(4, dim=1)
        i = torch.sigmoid(a_i)
        f = torch.sigmoid(a_f)
        g = torch.tanh(a_g)
        o = torch.sigmoid(a_o)
        return i, f, g, o

    def step(self, x_BG: Tensor, state: LayerState, weights: Weights) -> LayerState:
        """Return the new state (h_t, c_t)."""
        _, c = state
        i, f, g, o = self.gate_values(x_BG, state, weights)
        c = f * c + i * g
        h = o * torch.tanh(c)
        return h, c

    def fused(
        self, x_BTI: Tensor, state: LayerState, weights: Weights
    ) -> tuple[Tensor, LayerState]:
        """Return the outputs [B, T, H] and the last state, computed by torch's kernel."""
        h, c = state
        y_BTH, h_1BH, c_1BH = torch.lstm(
            x_BTI, (h[None], c[None]), weights, has_biases=True, num_layers=1, dropout=0.0,
            train=torch.is_grad_enabled(), bidirectional=False, batch_first=True,
        )  # fmt: skip
        return y_BTH, (h_1BH[0], c_1BH[0])


CELL = LSTM()
