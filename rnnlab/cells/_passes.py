"""One pass of a layer through the kernels of `rnnlab.native`: arrays in their layout, and back.

Shapes: B sequences, T steps, H hidden units, U units padded to whole vectors, G rows of the stacked
gates, K columns of a matrix, V rows of a table, E weights of single units per hidden unit.
"""

from __future__ import annotations

from collections.abc import Sequence as Row
from copy import copy
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnlab.native import (
    NUM_BLOCKS,
    NUM_GATES,
    SCAN_GATES,
    SEQUENCE_CELLS,
    Kernels,
    Scan,
    Sequence,
    gate_rows,
)

F32 = NDArray[np.float32]
_GRU = SEQUENCE_CELLS.index("gru")


class WeightGradients(NamedTuple):
    """Gradients of the weights that the kernels read."""

    table_VG: F32 | None
    """Gradient of the table of input terms; None without a table."""
    weight_hh: F32
    bias_hh: F32 | None
    """None for a cell without."""
    extras: list[F32]


class SequencePass:
    """The pass of a cell in `SEQUENCE_CELLS`; creating it computes the outputs.

    cell: index in SEQUENCE_CELLS. input_term: see `run_layer`. bias_hh: None for a cell without.
    extras: weights of single units, whose lengths are multiples of H.
    """

    def __init__(
        self, kernels: Kernels, cell: int, input_term: Tensor, tokens_BT: Tensor | None,
        h0_BH: Tensor, c0_BH: Tensor | None, weight_hh: Tensor, bias_hh: Tensor | None,
        extras: Row[Tensor] = (),
    ) -> None:  # fmt: skip
        hidden = weight_hh.shape[1]
        batch, steps = input_term.shape[:2] if tokens_BT is None else tokens_BT.shape
        units = -(-hidden // kernels.lanes) * kernels.lanes
        self._kernels = kernels
        self._extra_sizes = [len(extra) for extra in extras]
        self._weight = gate_rows(cell, array(weight_hh), units)
        self._has_bias = bias_hh is not None
        bias = np.zeros(len(self._weight), np.float32)
        if bias_hh is not None:
            bias = gate_rows(cell, array(bias_hh)[:, None], units)[:, 0]
        extra = None
        if extras:
            rows_EH = np.concatenate([array(extra) for extra in extras]).reshape(-1, hidden)
            extra = np.zeros((len(rows_EH), units), np.float32)
            extra[:, :hidden] = rows_EH
        self.work = Sequence(
            cell, (batch, steps, hidden, units), array(input_term),
            None if tokens_BT is None else array(tokens_BT), array(h0_BH),
            None if c0_BH is None else array(c0_BH), np.empty((batch, steps, hidden), np.float32),
            None if c0_BH is None else np.empty((batch, steps, units), np.float32),
            np.empty((batch * steps, kernels.kept(cell, units)), np.float32), extra,
        )  # fmt: skip
        kernels.forward(self.work, kernels.pack(self._weight, is_transposed=True), bias)

    @property
    def outputs(self) -> F32:
        """Outputs [B, T, H]."""
        return self.work.y

    @property
    def cells(self) -> F32 | None:
        """Cell states [B, T, H] of an LSTM; None for other cells."""
        return None if self.work.c is None else self.work.c[:, :, : self.work.sizes[2]]

    @property
    def last_c(self) -> F32 | None:
        """The last cell state [B, H]; None for a cell without one."""
        return None if self.cells is None else self.cells[:, -1].copy()

    def gates(self) -> list[F32]:
        """Return the values [B, T, H] of all gates of the cell, in its order; before `backward`."""
        batch, steps, hidden, units = self.work.sizes
        blocks = self._input_blocks().reshape(batch, steps, -1, units)
        return [blocks[:, :, gate, :hidden].copy() for gate in range(blocks.shape[2])]

    def twin(self) -> SequencePass:
        """Return the same pass with memory of its own for `backward`."""
        twin = copy(self)
        twin.work = replace(self.work, kept=self.work.kept.copy())
        return twin

    def backward(
        self, dy_BTH: F32, dc_last: F32 | None = None, *, norms_BT: F32 | None = None
    ) -> tuple[F32, F32 | None]:
        """Return the gradients of h0 and c0 [B, H]. Can be called once: it overwrites the gates.

        norms_BT: receives the squares of |dL/dh_t|.
        """
        panels = self._kernels.pack_backward(self.work.cell, self._weight)
        dh0, dc0, self._extra = self._kernels.backward(
            self.work, panels, dy_BTH, None, dc_last, norms_BT
        )
        return dh0, dc0

    def input_gradient(self) -> F32:
        """Return the gradient [B, T, G] of the input terms of all tokens after `backward`."""
        batch, steps, hidden, units = self.work.sizes
        rows_NG = without_padding(self._input_blocks(), units, hidden)
        return rows_NG.reshape(batch, steps, -1)

    def weight_gradients(self) -> WeightGradients:
        """Return the gradients of the weights after `backward`."""
        work, hidden = self.work, self.work.sizes[2]
        rows = NUM_GATES[work.cell] * work.sizes[3]
        table: F32 | None = None
        if work.tokens is not None:
            table = np.zeros((len(work.input), rows), np.float32)
        dw, sums = self._kernels.gradients(work, table, wants_sums=self._has_bias)
        extras: list[F32] = []
        if self._extra is not None:
            ends = np.cumsum(self._extra_sizes)[:-1]
            extras = np.split(self._extra[:, :hidden].ravel(), ends)
        return WeightGradients(
            None if table is None else without_padding(table, work.sizes[3], hidden),
            _stacked(work.cell, dw, hidden),
            None if sums is None else _stacked(work.cell, sums[:rows, None], hidden)[:, 0],
            extras,
        )

    def _input_blocks(self) -> F32:
        """Return the blocks of the gates in `kept`, whose gradients are those of the input."""
        cell, units = self.work.cell, self.work.sizes[3]
        first = NUM_BLOCKS[cell] - NUM_GATES[cell]
        return self.work.kept[:, first * units : NUM_BLOCKS[cell] * units]


class ScanPass:
    """The pass of a cell in `SCAN_CELLS`; creating it computes the outputs.

    cell: index in SCAN_CELLS. input_term: see `run_layer`.
    """

    def __init__(
        self, kernels: Kernels, cell: int, input_term: Tensor, tokens_BT: Tensor | None,
        h0_BH: Tensor,
    ) -> None:  # fmt: skip
        batch, hidden = h0_BH.shape
        steps = (input_term if tokens_BT is None else tokens_BT).shape[1]
        units = -(-hidden // kernels.lanes) * kernels.lanes
        self._kernels = kernels
        self.work = Scan(
            cell, (batch, steps, hidden, units), array(input_term),
            None if tokens_BT is None else array(tokens_BT), array(h0_BH),
            np.empty((batch, steps, hidden), np.float32),
        )  # fmt: skip
        kernels.scans.forward(self.work)

    @property
    def outputs(self) -> F32:
        """Outputs [B, T, H]."""
        return self.work.y

    @property
    def cells(self) -> None:
        """None: these cells have no cell states."""

    def gates(self) -> list[F32]:
        """Return an empty list: the kernels do not keep the gates."""
        return []

    def twin(self) -> ScanPass:
        """Return the same pass with memory of its own for `backward`."""
        return copy(self)

    def backward(self, dy_BTH: F32, *, norms_BT: F32 | None = None) -> F32:
        """Return the gradient of h0 [B, H]. norms_BT: receives the squares of |dL/dh_t|."""
        self._of_tokens, dh0 = self._kernels.scans.backward(self.work, dy_BTH, norms_BT)
        return dh0

    def input_gradient(self) -> F32:
        """Return the gradient [B, T, G] of the input terms of all tokens after `backward`."""
        batch, steps, hidden, units = self.work.sizes
        return without_padding(self._of_tokens, units, hidden).reshape(batch, steps, -1)

    def table_gradient(self) -> F32 | None:
        """Return the gradient [V, G] of the table after `backward`; None without a table."""
        work, (_, _, hidden, units) = self.work, self.work.sizes
        if work.tokens is None:
            return None
        table = np.zeros((len(work.input), SCAN_GATES[work.cell] * units), np.float32)
        self._kernels.scans.add_to_table(self._of_tokens, work.tokens, table)
        return without_padding(table, units, hidden)


def array(tensor: Tensor) -> Any:
    """Return a tensor as a contiguous array, which shares its memory if possible."""
    return tensor.detach().contiguous().numpy()


def row_array(matrix: Tensor) -> Any:
    """Return a matrix as an array with contiguous rows, which shares its memory if possible."""
    return matrix.detach().numpy() if matrix.stride(1) == 1 else array(matrix)


def tensor(values: F32 | None) -> Tensor | None:
    """Return an array as a tensor, which shares its memory; None for None."""
    return None if values is None else torch.from_numpy(values)


def without_padding(rows_NG: F32, units: int, hidden: int) -> F32:
    """Return the first H of every U columns; without a copy if H is U."""
    blocks = rows_NG.reshape(len(rows_NG), -1, units)[..., :hidden]
    return blocks.reshape(len(rows_NG), -1)


def _stacked(cell: int, padded_GK: F32, hidden: int) -> F32:
    """Undo `gate_rows`: return weights [gates * U, K] as torch stacks them, [G, K]."""
    gates = NUM_GATES[cell]
    rows = padded_GK.reshape(gates, -1, padded_GK.shape[1])[:, :hidden]
    if cell == _GRU:
        rows = np.roll(rows, -1, axis=0)
    return np.ascontiguousarray(rows.reshape(gates * hidden, -1))
