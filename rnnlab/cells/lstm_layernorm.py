"""Long short-term memory with layer normalisation.

    (a_i a_f a_g a_o) = s_x * LN(W_x x_t) + b_x + s_h * LN(W_h h_{t-1})
    i_t = sigmoid(a_i)
    f_t = sigmoid(a_f)
    g_t = tanh(a_g)
    o_t = sigmoid(a_o)
    c_t = f_t * c_{t-1} + i_t * g_t
    h_t = o_t * tanh(s_c * LN(c_t) + b_c)

LN(v) = (v - mean(v)) / sqrt(var(v) + 1e-5), with mean and variance over the units of a row; in the
first equation, over the units of all four gates together.

Source: Ba, Kiros and Hinton (2016), "Layer normalization", supplement. The forget gate starts open:
its part of b_x is 1 (Jozefowicz et al. 2015).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.cells._base import Cell, LayerState, Linear


class NormWeights(NamedTuple):
    """Parameters of a layer: two matrices, and the gains and biases of the normalisations."""

    weight_ih: Tensor
    """Input weights W_x [4H, I]."""
    weight_hh: Tensor
    """Recurrent weights W_h [4H, H]."""
    bias_ih: Tensor
    """Biases b_x [4H]."""
    gain_ih: Tensor
    """Gains s_x [4H]."""
    gain_hh: Tensor
    """Gains s_h [4H]."""
    gain_c: Tensor
    """Gains s_c [H]."""
    bias_c: Tensor
    """Biases b_c [H]."""


class NormLSTM(Cell[NormWeights]):
    """An LSTM whose gate inputs and cell state are layer-normalised; no fused kernel."""

    gates = ("i", "f", "g", "o")
    weights_type = NormWeights
    num_states = 2
    has_fused = False

    def shapes(self, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the two matrices and of the gains and biases."""
        rows = 4 * hidden_size
        return {
            "weight_ih": (rows, input_size),
            "weight_hh": (rows, hidden_size),
            "bias_ih": (rows,),
            "gain_ih": (rows,),
            "gain_hh": (rows,),
            "gain_c": (hidden_size,),
            "bias_c": (hidden_size,),
        }

    @torch.no_grad()
    def initialise(self, weights: NormWeights, generator: torch.Generator) -> None:
        """Initialise the matrices as torch does, the gains with 1 and the biases with 0.

        Only f's part of b_x is 1: a new network then forgets little.
        """
        bound = self.hidden_size(weights) ** -0.5
        for matrix in (weights.weight_ih, weights.weight_hh):
            matrix.uniform_(-bound, bound, generator=generator)
        for gain in (weights.gain_ih, weights.gain_hh, weights.gain_c):
            gain.fill_(1.0)
        for bias in (weights.bias_ih, weights.bias_c):
            bias.zero_()
        self.rows(weights.bias_ih, "f").fill_(1.0)

    def project(self, x: Tensor, weights: NormWeights, linear: Linear = F.linear) -> Tensor:
        """Return s_x * LN(W_x x) + b_x, which does not depend on the state."""
        return _norm(linear(x, weights.weight_ih), weights.gain_ih, weights.bias_ih)

    def gate_values(
        self, x_BG: Tensor, state: LayerState, weights: NormWeights
    ) -> tuple[Tensor, ...]:
        """Return i, f, g and o, each [B, H]."""
        h, _ = state
        a_BG = x_BG + _norm(F.linear(h, weights.weight_hh), weights.gain_hh)
        a_i, a_f, a_g, a_o = a_BG.chunk(4, dim=1)
        i = torch.sigmoid(a_i)
        f = torch.sigmoid(a_f)
        g = torch.tanh(a_g)
        o = torch.sigmoid(a_o)
        return i, f, g, o

    def step(self, x_BG: Tensor, state: LayerState, weights: NormWeights) -> LayerState:
        """Return the new state (h_t, c_t)."""
        _, c = state
        i, f, g, o = self.gate_values(x_BG, state, weights)
        c = f * c + i * g
        h = o * torch.tanh(_norm(c, weights.gain_c, weights.bias_c))
        return h, c


def _norm(v: Tensor, gain: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return gain * LN(v) + bias; LN normalises over the last axis."""
    return F.layer_norm(v, gain.shape, gain, bias, eps=1e-5)


CELL = NormLSTM()
