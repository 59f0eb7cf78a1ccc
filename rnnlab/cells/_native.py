"""Layers of the plain cells on the kernels of `rnnlab.native`, with gradients.

Shapes: B sequences, T steps, I inputs, H hidden units, U units padded to whole vectors, G rows of
the stacked gates, V rows of a table, N rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnlab.cells._base import Cell, LayerState, LayerWeights
from rnnlab.cells.gru import GRU
from rnnlab.cells.lstm import LSTM
from rnnlab.cells.rnn import RNN
from rnnlab.cells.rnn_relu import ReluRNN
from rnnlab.cells.rnn_sigmoid import SigmoidRNN
from rnnlab.native import NUM_BLOCKS, NUM_GATES, Kernels, Sequence, load_kernels

KERNEL_CELLS: tuple[type[Cell[Any]], ...] = (RNN, ReluRNN, SigmoidRNN, GRU, LSTM)
"""Cells with kernels, in the order of `rnnlab.native.CELLS`."""
F32 = NDArray[np.float32]


def kernels_for(cell: Cell[Any], weight: Tensor) -> Kernels | None:
    """Return the kernels if they can run a cell with such weights; None otherwise.

    They need the CPU, float32 and a compiled library.
    """
    is_plain = type(cell) in KERNEL_CELLS  # a subclass of a cell has its own equations
    is_float = weight.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    return load_kernels() if is_plain and is_float and weight.device.type == "cpu" else None


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
    number = KERNEL_CELLS.index(type(cell))
    c0 = state[1] if len(state) == 2 else None
    y_BTH, c_last = _Layer.apply(  # type: ignore[no-untyped-call]
        kernels, number, input_term, tokens_BT, state[0], c0, *tuple(weights)[1:4:2]
    )
    last_h = y_BTH[:, -1]
    return y_BTH, (last_h,) if c_last is None else (last_h, c_last)


def linear(kernels: Kernels, x: Tensor, weight_GI: Tensor, bias_G: Tensor) -> Tensor:
    """Return x W^T + b [..., G] for inputs [..., I]."""
    y: Tensor = _Linear.apply(kernels, x, weight_GI, bias_G)  # type: ignore[no-untyped-call]
    return y


class _Linear(torch.autograd.Function):
    """x W^T + b; every gradient has the same bits for any number of threads."""

    @staticmethod
    def forward(ctx: Any, kernels: Kernels, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        rows_NI = x.detach().reshape(-1, x.shape[-1]).contiguous()
        ctx.kernels, ctx.shape = kernels, x.shape
        ctx.save_for_backward(rows_NI, weight)
        panels = kernels.pack(_array(weight), is_transposed=True)
        y_NG = kernels.multiply(_array(rows_NI), panels, _array(bias))
        return torch.from_numpy(y_NG).view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        kernels: Kernels = ctx.kernels
        rows_NI, weight = ctx.saved_tensors
        dy_NG = _row_array(grads[0].reshape(-1, weight.shape[0]))
        dx = None
        if ctx.needs_input_grad[1]:
            zeros = np.zeros(weight.shape[1], np.float32)
            dx_NI = kernels.multiply(dy_NG, kernels.pack(_array(weight)), zeros)
            dx = torch.from_numpy(dx_NI).view(ctx.shape)
        dw_GI, db_G = kernels.outer(dy_NG, _array(rows_NI))
        return None, dx, torch.from_numpy(dw_GI), torch.from_numpy(db_G)


class _Layer(torch.autograd.Function):
    """A layer over whole sequences. Its graph can be differentiated once."""

    @staticmethod
    def forward(
        ctx: Any, kernels: Kernels, cell: int, input_term: Tensor, tokens_BT: Tensor | None,
        h0_BH: Tensor, c0_BH: Tensor | None, weight_hh: Tensor, bias_hh: Tensor,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        hidden = weight_hh.shape[1]
        shape = input_term.shape[:2] if tokens_BT is None else tokens_BT.shape
        batch, steps = shape
        units = -(-hidden // kernels.lanes) * kernels.lanes
        work = Sequence(
            cell, (batch, steps, hidden, units), _array(input_term),
            None if tokens_BT is None else _array(tokens_BT), _array(h0_BH),
            None if c0_BH is None else _array(c0_BH), np.empty((batch, steps, hidden), np.float32),
            None if c0_BH is None else np.empty((batch, steps, units), np.float32),
            np.empty((batch * steps, kernels.kept(cell, units)), np.float32),
        )  # fmt: skip
        weight = _gate_rows(cell, _array(weight_hh), units)
        bias = _gate_rows(cell, _array(bias_hh)[:, None], units)[:, 0]
        panels = kernels.pack(weight, is_transposed=True)
        kernels.forward(work, panels, bias)
        ctx.kernels, ctx.work, ctx.weight = kernels, work, weight
        ctx.set_materialize_grads(False)
        last = None if work.c is None else torch.from_numpy(work.c[:, -1, :hidden].copy())
        return torch.from_numpy(work.y), last

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        kernels: Kernels = ctx.kernels
        work: Sequence | None = ctx.work
        if work is None:
            raise RuntimeError("the graph of a native layer can be differentiated only once")
        ctx.work = None  # the kernels overwrite `work.kept`
        cell, (batch, steps, hidden, units) = work.cell, work.sizes
        gates, blocks = NUM_GATES[cell], NUM_BLOCKS[cell]
        dy = np.zeros_like(work.y) if grads[0] is None else _array(grads[0])
        dc_last = None if grads[1] is None else _array(grads[1])
        dh0, dc0 = kernels.backward(work, kernels.pack(ctx.weight), dy, None, dc_last)
        table: F32 | None = None
        if work.tokens is not None:
            table = np.zeros((len(work.input), gates * units), np.float32)
        dw, sums = kernels.gradients(work, table)
        first = (blocks - gates) * units
        d_gates: F32 = work.kept[:, first : blocks * units] if table is None else table
        d_units = d_gates.reshape(-1, gates, units)[..., :hidden]
        d_input = d_units.reshape((batch, steps, -1) if table is None else (len(table), -1))
        return (
            None, None, torch.from_numpy(d_input), None, torch.from_numpy(dh0),
            None if dc0 is None else torch.from_numpy(dc0),
            torch.from_numpy(_stacked(cell, dw, hidden)),
            torch.from_numpy(_stacked(cell, sums[: gates * units, None], hidden)[:, 0]),
        )  # fmt: skip


def _array(tensor: Tensor) -> Any:
    """Return a tensor as a contiguous array, which shares its memory if possible."""
    return tensor.detach().contiguous().numpy()


def _row_array(matrix: Tensor) -> Any:
    """Return a matrix as an array with contiguous rows, which shares its memory if possible."""
    return matrix.detach().numpy() if matrix.stride(1) == 1 else _array(matrix)


_GRU = KERNEL_CELLS.index(GRU)


def _gate_rows(cell: int, stacked_GK: F32, units: int) -> F32:
    """Return stacked weights in the layout of the kernels [gates * U, K]: the GRU's n is first."""
    gates = NUM_GATES[cell]
    rows = stacked_GK.reshape(gates, -1, stacked_GK.shape[1])
    if cell == _GRU:
        rows = np.roll(rows, 1, axis=0)
    padded = np.zeros((gates, units, stacked_GK.shape[1]), np.float32)
    padded[:, : rows.shape[1]] = rows
    return padded.reshape(gates * units, -1)


def _stacked(cell: int, padded_GK: F32, hidden: int) -> F32:
    """Return weights in the kernels' layout [gates * U, K] as torch stacks them: [G, K]."""
    gates = NUM_GATES[cell]
    rows = padded_GK.reshape(gates, -1, padded_GK.shape[1])[:, :hidden]
    if cell == _GRU:
        rows = np.roll(rows, -1, axis=0)
    return np.ascontiguousarray(rows.reshape(gates * hidden, -1))
