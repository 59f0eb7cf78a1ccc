"""Minimal LSTM: the gates read only the input, so all steps are computed at once.

    f_t = sigmoid(W_if x_t + b_if)
    i_t = sigmoid(W_ii x_t + b_ii)
    n_t = g(W_in x_t + b_in)
    h_t = (f_t * h_{t-1} + i_t * n_t) / (f_t + i_t)

g(x) = x + 0.5 for x >= 0, sigmoid(x) for x < 0.

Source: Feng et al. (2024), "Were RNNs all we needed?", appendix B. The paper scans in log space;
this is not necessary, because the factor of h_{t-1} is at most one. The forget gate starts open,
b_if = 1, as in the other LSTMs (Jozefowicz et al. 2015).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.cells._base import Cell, InputWeights, LayerState
from rnnlab.cells._scan import g, scan, wide


class MinLSTM(Cell[InputWeights]):
    """The minimal LSTM; its gates do not read h, so `fused` is a scan over all steps."""

    gates = ("f", "i", "n")
    weights_type = InputWeights
    h_range = None

    def shapes(self, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the input weights; there are no recurrent weights."""
        rows = 3 * hidden_size
        return {"weight_ih": (rows, input_size), "bias_ih": (rows,)}

    @torch.no_grad()
    def initialise(self, weights: InputWeights, generator: torch.Generator) -> None:
        """Initialise like torch.nn.Linear, uniform in +-1/sqrt(I), but with b_if = 1."""
        bound = weights.weight_ih.shape[1] ** -0.5
        for parameter in weights:
            parameter.uniform_(-bound, bound, generator=generator)
        self.rows(weights.bias_ih, "f").fill_(1.0)

    def gate_values(
        self, x_BG: Tensor, state: LayerState, weights: InputWeights
    ) -> tuple[Tensor, ...]:
        """Return f, i and n, each [B, H]; none of them reads the state."""
        a_f, a_i, a_n = wide(x_BG).chunk(3, dim=1)
        return torch.sigmoid(a_f), torch.sigmoid(a_i), g(a_n)

    def step(self, x_BG: Tensor, state: LayerState, weights: InputWeights) -> LayerState:
        """Return the new state (h_t,)."""
        (h,) = state
        a_f, a_i, a_n = wide(x_BG).chunk(3, dim=1)
        decay = torch.sigmoid(_log_ratio(a_f, a_i))
        n = g(a_n)
        return (decay * h + (1 - decay) * n,)

    def fused(
        self, x_BTI: Tensor, state: LayerState, weights: InputWeights
    ) -> tuple[Tensor, LayerState]:
        """Return the outputs [B, T, H] and the last state from one scan over all steps."""
        (h,) = state
        a_f, a_i, a_n = wide(self.project(x_BTI, weights)).chunk(3, dim=2)
        decay = torch.sigmoid(_log_ratio(a_f, a_i))
        y_BTH = scan(decay, (1 - decay) * g(a_n), h)
        return y_BTH, (y_BTH[:, -1],)


def _log_ratio(a_f: Tensor, a_i: Tensor) -> Tensor:
    """Return log(f / i); its sigmoid is f / (f + i), not NaN even if both gates underflow."""
    return F.logsigmoid(a_f) - F.logsigmoid(a_i)


CELL = MinLSTM()
