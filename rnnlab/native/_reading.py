"""Reading without gradients: a layer's packed weights over whole sequences, and a packed head.

Legend: B sequences, T steps, H hidden units, U units padded to whole vectors, G rows of the stacked
gates, V outputs of the head, N rows of K features.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int64, c_void_p
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.native._kernels import CELLS, NUM_GATES, Kernels, Sequence
from rnnlab.native._threads import num_threads

F32 = NDArray[np.float32]
Ids = NDArray[np.int64]

NUM_STATES = (1, 1, 1, 1, 2)
"""Parts of the state of each of CELLS: h, or h and c."""
NO_LOGIT = -1e30
"""Logit of a column that pads the outputs: it adds nothing to the softmax."""
_GRU = CELLS.index("gru")
_PLACES = 4096
"""Maximum number of steps, of all sequences together, in one call: bounds the memory of a call."""


class Output(NamedTuple):
    """What a layer computes for every step."""

    y_BTH: F32
    """Outputs h."""
    c_BTU: F32 | None
    """Cell states, padded to U units; None for a cell without c."""


class PackedLayer:
    """The recurrent weights of one direction of a layer. Calls may come from several threads."""

    def __init__(self, kernels: Kernels, cell: str, weight_GH: F32, bias_G: F32) -> None:
        """cell: one of CELLS."""
        self._kernels, self._cell = kernels, CELLS.index(cell)
        self._hidden = weight_GH.shape[1]
        self._units = -(-self._hidden // kernels.lanes) * kernels.lanes
        weight = gate_rows(self._cell, weight_GH, self._units)
        self._bias = gate_rows(self._cell, bias_G[:, None], self._units)[:, 0]
        self._panels = kernels.pack(weight, is_transposed=True)

    def read(self, input_term: F32, tokens_BT: Ids | None, h0_BH: F32, c0_BH: F32 | None) -> Output:
        """Return the outputs of a sequence that begins with the state (h0, c0).

        input_term: the input's part of the gates, bias included: [B, T, G], or for `tokens_BT` a
        table [V, G] of it. c0_BH: None for a cell without c. A row's results have the same bits
        whatever the other rows are.
        """
        batch, steps = input_term.shape[:2] if tokens_BT is None else tokens_BT.shape
        y_BTH = np.empty((batch, steps, self._hidden), np.float32)
        c_BTU = None if c0_BH is None else np.empty((batch, steps, self._units), np.float32)
        rows = min(batch, max(1, _PLACES // max(1, steps)))
        kept = np.empty((rows * steps, self._kernels.kept(self._cell, self._units)), np.float32)
        for first in range(0, batch if steps else 0, rows):
            part = slice(first, min(batch, first + rows))
            work = Sequence(
                self._cell, (part.stop - first, steps, self._hidden, self._units),
                input_term if tokens_BT is not None else np.ascontiguousarray(input_term[part]),
                None if tokens_BT is None else np.ascontiguousarray(tokens_BT[part], np.int64),
                np.ascontiguousarray(h0_BH[part]),
                None if c0_BH is None else np.ascontiguousarray(c0_BH[part]),
                y_BTH[part], None if c_BTU is None else c_BTU[part], kept,
            )  # fmt: skip
            self._kernels.forward(work, self._panels, self._bias)
        return Output(y_BTH, c_BTU)


class PackedHead:
    """A linear layer and the log-softmax of its outputs. Calls may come from several threads."""

    def __init__(self, kernels: Kernels, library: ctypes.CDLL, weight_VK: F32, bias_V: F32) -> None:
        self.num_outputs, self._inputs = weight_VK.shape
        self._columns = -(-self.num_outputs // kernels.panel) * kernels.panel
        self._panels = kernels.pack(np.ascontiguousarray(weight_VK), is_transposed=True)
        self._bias = np.full(self._columns, NO_LOGIT, np.float32)
        self._bias[: self.num_outputs] = bias_V
        self._rows: int = library.rnnlab_piece_rows()
        self._predict = library.rnnlab_predict
        kinds = "ipiiippippppp"
        self._predict.argtypes = [c_int64 if kind == "i" else c_void_p for kind in kinds]
        self._predict.restype = None

    def log_probs(self, x_NK: F32) -> F32:
        """Return the log-probs [N, V] in nats."""
        log_probs_NV = np.empty((len(x_NK), self.num_outputs), np.float32)
        self._call(x_NK, None, log_probs_NV, None, None)
        return log_probs_NV

    def losses(self, x_NK: F32, targets_N: Ids) -> tuple[F32, Ids]:
        """Return the loss of each target in nats, 0 if it is negative, and the best outputs [N].

        Raises IndexError if a target is not below V.
        """
        if len(targets_N) and int(targets_N.max()) >= self.num_outputs:
            raise IndexError(f"a target is not among the {self.num_outputs} outputs")
        losses_N = np.empty(len(x_NK), np.float32)
        best_N = np.empty(len(x_NK), np.int64)
        self._call(x_NK, np.ascontiguousarray(targets_N, np.int64), None, losses_N, best_N)
        return losses_N, best_N

    def _call(
        self, x_NK: F32, targets_N: Ids | None, log_probs_NV: F32 | None, losses_N: F32 | None,
        best_N: Ids | None,
    ) -> None:  # fmt: skip
        x_NK = np.ascontiguousarray(x_NK, np.float32)
        assert x_NK.shape[1] == self._inputs
        threads = min(num_threads(), -(-len(x_NK) // self._rows) or 1)
        scratch = np.empty(threads * (self._rows + 1) * self._columns, np.float32)
        self._predict(
            threads, x_NK.ctypes.data, self._inputs, len(x_NK), self._inputs,
            self._panels.ctypes.data, self._bias.ctypes.data, self.num_outputs, _at(targets_N),
            _at(log_probs_NV), _at(losses_N), _at(best_N), scratch.ctypes.data,
        )  # fmt: skip


def gate_rows(cell: int, stacked_GK: F32, units: int) -> F32:
    """Return stacked weights in the layout of the kernels [gates * U, K]: the GRU's n is first."""
    gates = NUM_GATES[cell]
    rows = stacked_GK.reshape(gates, -1, stacked_GK.shape[1])
    if cell == _GRU:
        rows = np.roll(rows, 1, axis=0)
    padded = np.zeros((gates, units, stacked_GK.shape[1]), np.float32)
    padded[:, : rows.shape[1]] = rows
    return padded.reshape(gates * units, -1)


def _at(array: F32 | Ids | None) -> int | None:
    return None if array is None else array.ctypes.data
