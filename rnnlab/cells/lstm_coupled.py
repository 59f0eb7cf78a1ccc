"""Long short-term memory with coupled input and forget gates (CIFG).

    f_t = sigmoid(W_if x_t + b_if + W_hf h_{t-1} + b_hf)
    g_t = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)
    o_t = sigmoid(W_io x_t + b_io + W_ho h_{t-1} + b_ho)
    c_t = f_t * c_{t-1} + (1 - f_t) * g_t
    h_t = o_t * tanh(c_t)

Source: Greff et al. (2017), "LSTM: a search space odyssey", the variant CIFG. The forget gate
starts open, b_if + b_hf = 1 (Jozefowicz et al. 2015).
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells._base import Cell, LayerState, Weights


class CoupledLSTM(Cell[Weights]):
    """An LSTM whose input gate is 1 - f; no fused kernel."""

    gates = ("f", "g", "o")
    weights_type = Weights
    num_states = 2
    has_fused = False

    @torch.no_grad()
    def initialise(self, weights: Weights, generator: torch.Generator) -> None:
        """Initialise as torch does, but b_if + b_hf = 1: a new network then forgets little."""
        super().initialise(weights, generator)
        self.rows(weights.bias_ih, "f").fill_(1.0)
        self.rows(weights.bias_hh, "f").fill_(0.0)

    def gate_values(self, x_BG: Tensor, state: LayerState, weights: Weights) -> tuple[Tensor, ...]:
        """Return f, g and o, each [B, H]."""
        h, _ = state
        a_BG = x_BG + torch.addmm(weights.bias_hh, h, weights.weight_hh.T)
        a_f, a_g, a_o = a_BG.chunk(3, dim=1)
        f = torch.sigmoid(a_f)
        g = torch.tanh(a_g)
        o = torch.sigmoid(a_o)
        return f, g, o

    def step(self, x_BG: Tensor, state: LayerState, weights: Weights) -> LayerState:
        """Return the new state (h_t, c_t)."""
        _, c = state
        f, g, o = self.gate_values(x_BG, state, weights)
        c = f * c + (1 - f) * g
        h = o * torch.tanh(c)
        return h, c


CELL = CoupledLSTM()
