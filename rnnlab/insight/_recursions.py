"""Gradients of losses with respect to every state of a layer, by a recursion back in time.

q_t is dL/dh_t: the gradient from the layer above or the head, plus the gradient from step t + 1.
All other factors of the recursion depend on the forward pass only; they are computed for all steps
at once. A step of the recursion is then one product with W_hh and a few elementwise operations on
[L, B, H].

Shapes: L losses, B sequences, T steps, H hidden units, G rows of the stacked gates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from rnnlab.cells import Cell
from rnnlab.cells.gru import GRU
from rnnlab.cells.lstm import LSTM
from rnnlab.cells.rnn import RNN
from rnnlab.cells.rnn_relu import ReluRNN
from rnnlab.cells.rnn_sigmoid import SigmoidRNN
from rnnlab.insight._trace import LayerTrace


class Backward(NamedTuple):
    """Gradients with respect to the states and the input terms of a layer."""

    q_LBTH: Tensor
    """dL/dh_t for every loss."""
    da_LBTG: Tensor
    """Gradient of the input terms of all gates; da W_ih is the gradient of the layer's input."""


Recursion = Callable[[LayerTrace, Tensor], Backward]


def recursion_of(cell: Cell[object]) -> Recursion | None:  # type: ignore[type-var]
    """Return the recursion of a cell; None if this file has no recursion for the cell."""
    return _RECURSIONS.get(type(cell))


def _simple(trace: LayerTrace, dy_LBTH: Tensor, slope_BTH: Tensor) -> Backward:
    """For a cell h_t = f(a_t): da_t = q_t f'(a_t), dh_{t-1} = da_t W_hh."""
    W_HH = _recurrent(trace)
    q_TLBH, slope_TBH = _time_first(dy_LBTH), slope_BTH.transpose(0, 1).contiguous()
    da_TLBH = torch.empty_like(q_TLBH)
    for t in reversed(range(len(q_TLBH))):
        torch.mul(q_TLBH[t], slope_TBH[t], out=da_TLBH[t])
        if t:
            _add_product(q_TLBH[t - 1], da_TLBH[t], W_HH)
    return Backward(_time_third(q_TLBH), _time_third(da_TLBH))


def _rnn(trace: LayerTrace, dy_LBTH: Tensor) -> Backward:
    return _simple(trace, dy_LBTH, 1 - trace.outputs.square())


def _rnn_relu(trace: LayerTrace, dy_LBTH: Tensor) -> Backward:
    return _simple(trace, dy_LBTH, (trace.outputs > 0).to(dy_LBTH.dtype))


def _rnn_sigmoid(trace: LayerTrace, dy_LBTH: Tensor) -> Backward:
    return _simple(trace, dy_LBTH, trace.outputs * (1 - trace.outputs))


def _lstm(trace: LayerTrace, dy_LBTH: Tensor) -> Backward:
    """dc_t += q_t o (1 - tanh(c_t)^2), dc_{t-1} = dc_t f.

    For i, f and g, da is proportional to dc_t; for o, to q_t.
    """
    i, f, g, o = (trace.gates[letter] for letter in "ifgo")
    c_BSH = trace.states[1]
    tanh_c = torch.tanh(c_BSH[:, 1:])
    W_GH = _recurrent(trace)
    from_dc = [g * i * (1 - i), c_BSH[:, :-1] * f * (1 - f), i * (1 - g * g)]
    slopes_T3BH = torch.stack([part.transpose(0, 1) for part in from_dc], dim=1)
    rest = (tanh_c * o * (1 - o), o * (1 - tanh_c * tanh_c), f)
    slope_o_TBH, to_c_TBH, f_TBH = (part.transpose(0, 1).contiguous() for part in rest)
    q_TLBH = _time_first(dy_LBTH)
    num_steps, num_losses, batch, hidden = q_TLBH.shape
    da_TLBG = q_TLBH.new_empty(num_steps, num_losses, batch, 4 * hidden)
    da_TL4BH = da_TLBG.view(num_steps, num_losses, batch, 4, hidden).transpose(2, 3)
    dc_LBH = torch.zeros_like(q_TLBH[0])
    for t in reversed(range(num_steps)):
        dc_LBH = torch.addcmul(dc_LBH, q_TLBH[t], to_c_TBH[t])
        torch.mul(dc_LBH[:, None], slopes_T3BH[t], out=da_TL4BH[t][:, :3])
        torch.mul(q_TLBH[t], slope_o_TBH[t], out=da_TL4BH[t][:, 3])
        if t:
            _add_product(q_TLBH[t - 1], da_TLBG[t], W_GH)
            dc_LBH = dc_LBH * f_TBH[t]
    return Backward(_time_third(q_TLBH), _time_third(da_TLBG))


def _gru(trace: LayerTrace, dy_LBTH: Tensor) -> Backward:
    """da_z = q (h_{t-1} - n) z', da_n = q (1 - z) n', dh_{t-1} = q z + (da_r, da_z, r da_n) W_hh.

    q is q_t; z' and n' are the slopes of the activation functions.
    """
    r, z, n = (trace.gates[letter] for letter in "rzn")
    before_BTH = trace.states[0][:, :-1]
    W_GH = _recurrent(trace)
    W_hn, b_hn = W_GH.chunk(3)[2], trace.weights.bias_hh.chunk(3)[2]  # type: ignore[attr-defined]
    slope_n = (1 - z) * (1 - n * n)
    slope_r = slope_n * (before_BTH @ W_hn.T + b_hn) * r * (1 - r)
    slope_z = (before_BTH - n) * z * (1 - z)
    slopes = (slope_r, slope_z, slope_n * r)
    slopes_T3BH = torch.stack([part.transpose(0, 1) for part in slopes], dim=1)
    z_TBH = z.transpose(0, 1).contiguous()
    q_TLBH = _time_first(dy_LBTH)
    num_steps, num_losses, batch, hidden = q_TLBH.shape
    da_LBG = q_TLBH.new_empty(num_losses, batch, 3 * hidden)
    da_L3BH = da_LBG.view(num_losses, batch, 3, hidden).transpose(1, 2)
    for t in reversed(range(1, num_steps)):
        torch.mul(q_TLBH[t][:, None], slopes_T3BH[t], out=da_L3BH)
        q_TLBH[t - 1].addcmul_(q_TLBH[t], z_TBH[t])
        _add_product(q_TLBH[t - 1], da_LBG, W_GH)
    q_LBTH = _time_third(q_TLBH)
    # Unlike its recurrent term, the input term of n is not multiplied by r.
    da_LBTG = torch.cat([q_LBTH * slope for slope in (slope_r, slope_z, slope_n)], dim=3)
    return Backward(q_LBTH, da_LBTG)


_RECURSIONS: dict[type, Recursion] = {
    RNN: _rnn,
    ReluRNN: _rnn_relu,
    SigmoidRNN: _rnn_sigmoid,
    LSTM: _lstm,
    GRU: _gru,
}


def _recurrent(trace: LayerTrace) -> Tensor:
    weight_hh: Tensor = trace.weights.weight_hh  # type: ignore[attr-defined]
    return weight_hh


def _add_product(into_LBH: Tensor, da_LBG: Tensor, W_GH: Tensor) -> None:
    into_LBH.flatten(0, 1).addmm_(da_LBG.flatten(0, 1), W_GH)


def _time_first(dy_LBTH: Tensor) -> Tensor:
    """Return a copy of dy with shape [T, L, B, H], which the recursion turns into q in place."""
    return dy_LBTH.permute(2, 0, 1, 3).clone(memory_format=torch.contiguous_format)


def _time_third(q_TLBH: Tensor) -> Tensor:
    return q_TLBH.permute(1, 2, 0, 3)
