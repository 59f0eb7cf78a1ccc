"""Long short-term memory with peepholes: the gates also read the cell state.

    i_t = sigmoid(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi + p_i * c_{t-1})
    f_t = sigmoid(W_if x_t + b_if + W_hf h_{t-1} + b_hf + p_f * c_{t-1})
    g_t = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)
    c_t = f_t * c_{t-1} + i_t * g_t
    o_t = sigmoid(W_io x_t + b_io + W_ho h_{t-1} + b_ho + p_o * c_t)
    h_t = o_t * tanh(c_t)

Source: Graves (2013), "Generating sequences with recurrent neural networks"; the peepholes: Gers
and Schmidhuber (2000). The forget gate starts open, b_if + b_hf = 1 (Jozefowicz et al. 2015).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rnnlab.cells._base import Cell, LayerState


class PeepholeWeights(NamedTuple):
    """Parameters of a layer: as in torch.nn.LSTM, and peephole weights from c to the gates."""

    weight_ih: Tensor
    """Input weights [4H, I]."""
    weight_hh: Tensor
    """Recurrent weights [4H, H]."""
    bias_ih: Tensor
    """Biases of the input term [4H]."""
    bias_hh: Tensor
    """Biases of the recurrent term [4H]."""
    peephole_i: Tensor
    """Weights p_i from c to the input gate [H]."""
    peephole_f: Tensor
    """Weights p_f from c to the forget gate [H]."""
    peephole_o: Tensor
    """Weights p_o from c to the output gate [H]."""


class PeepholeLSTM(Cell[PeepholeWeights]):
    """An LSTM whose gates also read c; no fused kernel."""

    gates = ("i", "f", "g", "o")
    weights_type = PeepholeWeights
    num_states = 2
    has_fused = False

    def shapes(self, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of torch.nn.LSTM's parameters and of the peepholes."""
        peepholes = {f"peephole_{gate}": (hidden_size,) for gate in "ifo"}
        return {**super().shapes(input_size, hidden_size), **peepholes}

    @torch.no_grad()
    def initialise(self, weights: PeepholeWeights, generator: torch.Generator) -> None:
        """Initialise as torch does, but b_if + b_hf = 1: a new network then forgets little."""
        super().initialise(weights, generator)
        self.rows(weights.bias_ih, "f").fill_(1.0)
        self.rows(weights.bias_hh, "f").fill_(0.0)

    def gate_values(
        self, x_BG: Tensor, state: LayerState, weights: PeepholeWeights
    ) -> tuple[Tensor, ...]:
        """Return i, f, g and o, each [B, H]; o reads the new c."""
        h, c = state
        a_BG = x_BG + torch.addmm(weights.bias_hh, h, weights.weight_hh.T)
        a_i, a_f, a_g, a_o = a_BG.chunk(4, dim=1)
        i = torch.sigmoid(a_i + weights.peephole_i * c)
        f = torch.sigmoid(a_f + weights.peephole_f * c)
        g = torch.tanh(a_g)
        c = f * c + i * g
        o = torch.sigmoid(a_o + weights.peephole_o * c)
        return i, f, g, o

    def step(self, x_BG: Tensor, state: LayerState, weights: PeepholeWeights) -> LayerState:
        """Return the new state (h_t, c_t)."""
        _, c = state
        i, f, g, o = self.gate_values(x_BG, state, weights)
        c = f * c + i * g
        h = o * torch.tanh(c)
        return h, c


CELL = PeepholeLSTM()
