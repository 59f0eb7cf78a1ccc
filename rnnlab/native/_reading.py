"""Reading without gradients: a layer's packed weights over whole sequences, and a packed head.

Legend: B sequences, T steps, H hidden units, U units padded to whole vectors, G rows of the stacked
gates, V outputs of the head, N rows of K features.
"""

from __future__ import annotations

import ctypes
from ctypes import Structure, c_int64, c_void_p
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, NamedTuple

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
PRODUCTS_PER_PART, MOST_PARTS = 2**15, 16
"""Minimum number of multiplications per step and thread of one sequence, and maximum number of its
threads: they exchange the state after every step."""
LEAST_SHARED = 200
"""Minimum number of steps, times the parts of a step, of a sequence that threads share."""
CALLS_ALONE = 32
"""Number of calls without helpers after one that the helpers left: the cores are busy."""


class Output(NamedTuple):
    """What a layer computes for a sequence."""

    y_BTH: F32
    """Outputs h."""
    h_BH: F32
    c_BH: F32 | None
    """State after the last step; None for a cell without c."""


class _Part(Structure):
    """Units of a layer that one thread computes: `struct part` in c/stream.c."""

    _fields_: ClassVar = [
        ("panels", c_void_p), ("bias", c_void_p),
        ("first", c_int64), ("units", c_int64), ("width", c_int64),
    ]  # fmt: skip


class PackedLayer:
    """The recurrent weights of one direction of a layer. Calls may come from several threads."""

    def __init__(
        self,
        kernels: Kernels,
        library: ctypes.CDLL,
        cell: str,
        weight_GH: F32,
        bias_G: F32,
        products_per_part: int = PRODUCTS_PER_PART,
    ) -> None:
        """cell: one of CELLS. products_per_part: minimum work per step and thread."""
        self._kernels, self._cell = kernels, CELLS.index(cell)
        self._gates = NUM_GATES[self._cell]
        self._products_per_part = products_per_part
        self._weight_GH, self._bias_G = weight_GH, bias_G
        self._hidden = weight_GH.shape[1]
        self._stream = library.rnnlab_stream
        kinds = "iiiipppipippp"
        self._stream.argtypes = [c_int64 if kind == "i" else c_void_p for kind in kinds]
        self._stream.restype = c_int64
        self._parts: dict[int, _Parts] = {}
        self._calls_alone = 0
        """Number of calls for one sequence that do not ask for helpers, because they left."""

    def read(self, input_term: F32, tokens_BT: Ids | None, h0_BH: F32, c0_BH: F32 | None) -> Output:
        """Return the outputs of sequences of at least one step that begin with the state (h0, c0).

        input_term: the input's part of the gates, bias included: [B, T, G], or for `tokens_BT` a
        table [V, G] of it. c0_BH: None for a cell without c.
        """
        batch, steps = input_term.shape[:2] if tokens_BT is None else tokens_BT.shape
        if batch == 1:
            return self._read_one(input_term, tokens_BT, h0_BH, c0_BH)
        hidden, (units, panels, bias) = self._hidden, self._rows
        y_BTH = np.empty((batch, steps, hidden), np.float32)
        last_c_BH = None if c0_BH is None else np.empty((batch, hidden), np.float32)
        rows = min(batch, max(1, _PLACES // steps))
        for_backward = np.empty((rows * steps, self._kernels.kept(self._cell, units)), np.float32)
        for first in range(0, batch, rows):
            part = slice(first, min(batch, first + rows))
            num = part.stop - first
            c = None if c0_BH is None else np.empty((num, steps, units), np.float32)
            work = Sequence(
                self._cell, (num, steps, hidden, units),
                input_term if tokens_BT is not None else np.ascontiguousarray(input_term[part]),
                None if tokens_BT is None else np.ascontiguousarray(tokens_BT[part], np.int64),
                np.ascontiguousarray(h0_BH[part]),
                None if c0_BH is None else np.ascontiguousarray(c0_BH[part]), y_BTH[part], c,
                for_backward,
            )  # fmt: skip
            self._kernels.forward(work, panels, bias)
            if c is not None and last_c_BH is not None:
                last_c_BH[part] = c[:, -1, :hidden]
        return Output(y_BTH, y_BTH[:, -1].copy(), last_c_BH)

    def _read_one(
        self, input_term: F32, tokens_1T: Ids | None, h0_1H: F32, c0_1H: F32 | None
    ) -> Output:
        """Read one sequence, whose units the threads share."""
        steps = input_term.shape[1] if tokens_1T is None else tokens_1T.shape[1]
        parts = self._parts_for(self._most_parts(steps))
        y_1TH = np.empty((1, steps, self._hidden), np.float32)
        state = np.zeros(parts.room, np.float32)
        views = [parts.views(state, place) for place in range(len(parts.sizes))]
        for (first, units, _), (h, c) in zip(parts.sizes, views, strict=True):
            h[:] = h0_1H[0, first : first + units]
            if c0_1H is not None:
                c[:] = c0_1H[0, first : first + units]
        widest = 2 * self._gates * max(width for _, _, width in parts.sizes)
        scratch = np.empty((len(parts.sizes), widest), np.float32)
        arrays = [np.ascontiguousarray(input_term), np.ascontiguousarray(h0_1H)]
        ids = None if tokens_1T is None else np.ascontiguousarray(tokens_1T, np.int64)
        has_left = self._stream(
            self._cell, self._gates, steps, self._hidden, arrays[0].ctypes.data, _at(ids),
            arrays[1].ctypes.data, len(parts.sizes), ctypes.addressof(parts.structs), widest,
            y_1TH.ctypes.data, state.ctypes.data, scratch.ctypes.data,
        )  # fmt: skip
        self._calls_alone = CALLS_ALONE if has_left else max(0, self._calls_alone - 1)
        c_1H = None if c0_1H is None else np.concatenate([c for _, c in views])[None]
        return Output(y_1TH, y_1TH[:, -1].copy(), c_1H)

    @cached_property
    def _rows(self) -> tuple[int, F32, F32]:
        """The padded number of units, and the weights and biases packed for several rows."""
        units = -(-self._hidden // self._kernels.lanes) * self._kernels.lanes
        weight = gate_rows(self._cell, self._weight_GH, units)
        bias = gate_rows(self._cell, self._bias_G[:, None], units)[:, 0]
        return units, self._kernels.pack(weight, is_transposed=True), bias

    def _most_parts(self, steps: int) -> int:
        """Return the number of parts; waking a helper takes as long as some steps."""
        products: int = self._gates * self._hidden**2
        most = products // self._products_per_part
        if self._calls_alone or steps * most < LEAST_SHARED:
            return 1
        panels = -(-self._hidden // self._kernels.panel)
        num_parts: int = max(1, min(num_threads(), most, panels, MOST_PARTS))
        return num_parts

    def _parts_for(self, num: int) -> _Parts:
        if num not in self._parts:
            self._parts[num] = _Parts(
                self._kernels, self._gates, self._weight_GH, self._bias_G, num
            )
        return self._parts[num]


class _Parts:
    """Recurrent weights packed for parts of the units, whole panels each."""

    def __init__(self, kernels: Kernels, gates: int, weight_GH: F32, bias_G: F32, num: int) -> None:
        hidden, panel = weight_GH.shape[1], kernels.panel
        num_panels = -(-hidden // panel)
        ends = [panel * (num_panels * place // num) for place in range(num + 1)]
        self.sizes = [
            (first, min(end, hidden) - first, end - first) for first, end in pairwise(ends)
        ]
        """First unit, number of units and padded number of units of each part."""
        self.room = 2 * ends[-1]
        """Number of floats of the states of all parts."""
        self.structs = (_Part * num)()
        self._arrays = []
        by_gate, bias_by_gate = weight_GH.reshape(gates, hidden, hidden), bias_G.reshape(gates, -1)
        for struct, (first, units, width) in zip(self.structs, self.sizes, strict=True):
            weight = np.zeros((gates, width, hidden), np.float32)
            weight[:, :units] = by_gate[:, first : first + units]
            bias = np.zeros((gates, width), np.float32)
            bias[:, :units] = bias_by_gate[:, first : first + units]
            panels = kernels.pack(weight.reshape(gates * width, hidden), is_transposed=True)
            self._arrays += [panels, bias]
            struct.panels, struct.bias = panels.ctypes.data, bias.ctypes.data
            struct.first, struct.units, struct.width = first, units, width

    def views(self, state: F32, place: int) -> tuple[F32, F32]:
        """Return the parts h and c of the state of one part."""
        first, units, width = self.sizes[place]
        start = 2 * first
        return state[start : start + units], state[start + width : start + width + units]


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
