"""Layers on the kernels of `rnnlab.native`, with gradients.

Shapes: B sequences, T steps, I inputs, H hidden units, G rows of the stacked gates, V rows of a
table, N rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnlab.cells._base import Cell, LayerState, LayerWeights
from rnnlab.cells._passes import ScanPass, SequencePass, array, row_array, tensor
from rnnlab.cells.gru import GRU
from rnnlab.cells.gru_cho import ChoGRU
from rnnlab.cells.lstm import LSTM
from rnnlab.cells.lstm_coupled import CoupledLSTM
from rnnlab.cells.lstm_layernorm import NormLSTM
from rnnlab.cells.lstm_peephole import PeepholeLSTM
from rnnlab.cells.mingru import MinGRU
from rnnlab.cells.minlstm import MinLSTM
from rnnlab.cells.rnn import RNN
from rnnlab.cells.rnn_relu import ReluRNN
from rnnlab.cells.rnn_sigmoid import SigmoidRNN
from rnnlab.native import Kernels, load_kernels, why_no_bfloat16

KERNEL_CELLS: tuple[type[Cell[Any]], ...] = (RNN, ReluRNN, SigmoidRNN, GRU, LSTM)
"""Cells with kernels for decoding and training, in the order of `rnnlab.native.CELLS`."""
SEQUENCE_CELLS: tuple[type[Cell[Any]], ...] = (
    *KERNEL_CELLS, CoupledLSTM, PeepholeLSTM, NormLSTM, ChoGRU,
)  # fmt: skip
"""Cells with kernels for training, in the order of `rnnlab.native.SEQUENCE_CELLS`."""
SCAN_CELLS: tuple[type[Cell[Any]], ...] = (MinGRU, MinLSTM)
"""Cells whose kernels are scans, in the order of `rnnlab.native.SCAN_CELLS`."""
KernelPass = SequencePass | ScanPass
_EXTRAS: dict[type[Cell[Any]], tuple[str, ...]] = {
    PeepholeLSTM: ("peephole_i", "peephole_f", "peephole_o"),
    NormLSTM: ("gain_hh", "gain_c", "bias_c"),
}
"""Weights of single units that the kernels read, in the order of c/layer.h."""


def has_kernel(cell: Cell[Any]) -> bool:
    """Return whether there are kernels for whole sequences of a cell."""
    return type(cell) in (*SEQUENCE_CELLS, *SCAN_CELLS)  # a subclass has its own equations


def kernels_for(cell: Cell[Any], weight: Tensor, *, may_emulate: bool = False) -> Kernels | None:
    """Return the kernels if they can run a cell with such weights; None otherwise.

    They need the CPU, float32 and a compiled library; under autocast to bfloat16 also instructions
    for it. may_emulate: see `why_no_bfloat16`.
    """
    if not (has_kernel(cell) and weight.dtype == torch.float32 and weight.is_cpu):
        return None
    if not torch.is_autocast_enabled("cpu"):
        return load_kernels()
    if torch.get_autocast_dtype("cpu") != torch.bfloat16:
        return None
    return None if why_no_bfloat16(may_emulate=may_emulate) else load_kernels(is_bf16=True)


def run_layer(
    cell: Cell[Any], kernels: Kernels, input_term: Tensor, tokens_BT: Tensor | None,
    state: LayerState, weights: LayerWeights,
) -> tuple[Tensor, LayerState]:  # fmt: skip
    """Return the outputs [B, T, H] and the last state of a layer.

    input_term: the input's part of all gates, bias included: [B, T, G], or with `tokens_BT` a table
    [V, G] of it for every token.
    """
    if tokens_BT is not None:
        least, most = tokens_BT.aminmax()
        if not 0 <= int(least) <= int(most) < len(input_term):
            raise IndexError(f"a token is not among the {len(input_term)} rows of the table")
    if type(cell) in SCAN_CELLS:
        y_BTH = _ScanLayer.apply(  # type: ignore[no-untyped-call]
            kernels, SCAN_CELLS.index(type(cell)), input_term, tokens_BT, state[0]
        )
        return y_BTH, (y_BTH[:, -1],)
    c0 = state[1] if len(state) == 2 else None
    y_BTH, c_last = _Layer.apply(  # type: ignore[no-untyped-call]
        kernels, SEQUENCE_CELLS.index(type(cell)), input_term, tokens_BT, state[0], c0,
        *kernel_weights(cell, weights),
    )  # fmt: skip
    last_h = y_BTH[:, -1]
    return y_BTH, (last_h,) if c_last is None else (last_h, c_last)


def pass_through(
    cell: Cell[Any], kernels: Kernels, x_BTG: Tensor, state: LayerState, weights: LayerWeights
) -> KernelPass:
    """Return a layer's pass for input terms [B, T, G], without a graph: for insight."""
    if type(cell) in SCAN_CELLS:
        return ScanPass(kernels, SCAN_CELLS.index(type(cell)), x_BTG, None, state[0])
    c0 = state[1] if len(state) == 2 else None
    weight_hh, bias_hh, *extras = kernel_weights(cell, weights)
    assert weight_hh is not None
    return SequencePass(
        kernels, SEQUENCE_CELLS.index(type(cell)), x_BTG, None, state[0], c0, weight_hh, bias_hh,
        [extra for extra in extras if extra is not None],
    )  # fmt: skip


def kernel_weights(cell: Cell[Any], weights: LayerWeights) -> tuple[Tensor | None, ...]:
    """Return weight_hh, bias_hh (None for a cell without) and the weights of single units."""
    names = _EXTRAS.get(type(cell), ())
    return tuple(getattr(weights, name, None) for name in ("weight_hh", "bias_hh", *names))


def linear(kernels: Kernels, x: Tensor, weight_GI: Tensor, bias_G: Tensor | None = None) -> Tensor:
    """Return x W^T + b [..., G] for inputs [..., I]."""
    y: Tensor = _Linear.apply(kernels, x, weight_GI, bias_G)  # type: ignore[no-untyped-call]
    return y


class _Linear(torch.autograd.Function):
    """x W^T + b; every gradient has the same bits for any number of threads."""

    @staticmethod
    def forward(
        ctx: Any, kernels: Kernels, x: Tensor, weight: Tensor, bias: Tensor | None
    ) -> Tensor:
        rows_NI = x.detach().reshape(-1, x.shape[-1]).contiguous()
        ctx.kernels, ctx.shape = kernels, x.shape
        ctx.save_for_backward(rows_NI, weight)
        panels = kernels.pack(array(weight), is_transposed=True)
        bias_G = np.zeros(len(weight), np.float32) if bias is None else array(bias)
        y_NG = kernels.multiply(array(rows_NI), panels, bias_G)
        return torch.from_numpy(y_NG).view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        kernels: Kernels = ctx.kernels
        rows_NI, weight = ctx.saved_tensors
        dy_NG = row_array(grads[0].reshape(-1, weight.shape[0]))
        dx = None
        if ctx.needs_input_grad[1]:
            zeros = np.zeros(weight.shape[1], np.float32)
            dx_NI = kernels.multiply(dy_NG, kernels.pack(array(weight)), zeros)
            dx = torch.from_numpy(dx_NI).view(ctx.shape)
        dw_GI, db_G = kernels.outer(dy_NG, array(rows_NI))
        db = torch.from_numpy(db_G) if ctx.needs_input_grad[3] else None
        return None, dx, torch.from_numpy(dw_GI), db


class _Layer(torch.autograd.Function):
    """A layer over whole sequences. Its graph can be differentiated once."""

    @staticmethod
    def forward(
        ctx: Any, kernels: Kernels, cell: int, input_term: Tensor, tokens_BT: Tensor | None,
        h0_BH: Tensor, c0_BH: Tensor | None, weight_hh: Tensor, bias_hh: Tensor | None,
        *extras: Tensor,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        ctx.layer = layer = SequencePass(
            kernels, cell, input_term, tokens_BT, h0_BH, c0_BH, weight_hh, bias_hh, extras
        )
        ctx.set_materialize_grads(False)
        return torch.from_numpy(layer.work.y), tensor(layer.last_c)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        layer: SequencePass | None = ctx.layer
        if layer is None:
            raise RuntimeError("the graph of a native layer can be differentiated only once")
        ctx.layer = None  # the kernels overwrite what the layer has kept
        dy = np.zeros_like(layer.work.y) if grads[0] is None else array(grads[0])
        dc_last = None if grads[1] is None else array(grads[1])
        dh0, dc0 = layer.backward(dy, dc_last)
        table, weight_hh, bias_hh, extras = layer.weight_gradients()
        of_term = layer.input_gradient() if table is None else table
        return (
            None, None, tensor(of_term), None, tensor(dh0), tensor(dc0), tensor(weight_hh),
            tensor(bias_hh) if ctx.needs_input_grad[7] else None, *map(tensor, extras),
        )  # fmt: skip


class _ScanLayer(torch.autograd.Function):
    """A layer of a cell whose gates read only the input."""

    @staticmethod
    def forward(
        ctx: Any, kernels: Kernels, cell: int, input_term: Tensor, tokens_BT: Tensor | None,
        h0_BH: Tensor,
    ) -> Tensor:  # fmt: skip
        ctx.layer = ScanPass(kernels, cell, input_term, tokens_BT, h0_BH)
        return torch.from_numpy(ctx.layer.work.y)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        layer: ScanPass = ctx.layer
        dh0 = layer.backward(array(grads[0]))
        table = layer.table_gradient()
        of_term = layer.input_gradient() if table is None else table
        return None, None, tensor(of_term), None, tensor(dh0)
