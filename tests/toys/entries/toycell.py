"""Elman network with softsign units.

    h_t = s(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)

s(x) = x / (1 + |x|).

Source: Nobody (1999), "A toy".
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from rnnlab.cells._base import Cell, LayerState, Weights


class SoftsignRNN(Cell[Weights]):
    """The equations above."""

    gates = ("h",)
    weights_type = Weights
    has_fused = False

    def step(self, x_BG: Tensor, state: LayerState, weights: Weights) -> LayerState:
        """Return h_t."""
        (h,) = state
        return (F.softsign(x_BG + F.linear(h, weights.weight_hh, weights.bias_hh)),)


CELL = SoftsignRNN()
