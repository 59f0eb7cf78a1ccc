"""Typed calls of the training kernels. Arrays are passed as addresses of contiguous float32 data.

Kernels in bfloat16 round the operands of every product, and compute all else in float32.

Legend: N rows, K inputs, G outputs; B sequences, T steps, H hidden units, U units padded to whole
vectors, V rows of a table; E weights of single units, C classes.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int64
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.native._build import load_library
from rnnlab.native._calls import F32, at, rows, typed, up, wide
from rnnlab.native._losses import LossKernels
from rnnlab.native._scans import ScanKernels
from rnnlab.native._threads import num_threads

CELLS: Final = ("rnn", "rnn-relu", "rnn-sigmoid", "gru", "lstm")
"""Cells with kernels for decoding and training, in the order of `enum cell` in c/gates.h."""
SEQUENCE_CELLS: Final = (*CELLS, "lstm-coupled", "lstm-peephole", "lstm-layernorm", "gru-cho")
"""Cells with kernels for training, in the same order."""
NUM_GATES: Final = (1, 1, 1, 3, 4, 3, 4, 4, 3)
NUM_BLOCKS: Final = (1, 1, 1, 4, 4, 3, 4, 8, 3)
"""Blocks of U floats of which the backward pass leaves the gradients for every token. Those of the
recurrent term come first, those of the input term last: see `number_of_blocks` in c/layer.h."""
_GRU_CHO: Final = SEQUENCE_CELLS.index("gru-cho")
_WIDTH: Final = 512
_LEAST_WIDTH: Final = 48
"""Usual and minimum numbers of columns of a piece of a weight gradient: each packs all rows."""


@dataclass(frozen=True)
class Sequence:
    """Arrays of one pass through a layer. The kernels read and write them in place."""

    cell: int
    """Index in SEQUENCE_CELLS."""
    sizes: tuple[int, int, int, int]
    """B, T, H, U."""
    input: F32
    """Input term of the gates, bias included: [B, T, G], or for `tokens` a table [V, G]."""
    tokens: NDArray[np.int64] | None
    """Row of the table for every step [B, T]; None without a table."""
    h0: F32
    c0: F32 | None
    """State before the first step [B, H]; c0 for an LSTM only."""
    y: F32
    """Outputs [B, T, H]."""
    c: F32 | None
    """Cell states [B, T, U] of an LSTM."""
    kept: F32
    """Floats for the backward pass [B * T, Kernels.kept]."""
    extra: F32 | None = None
    """Weights of single units [E, U] of the cells that have them: see `number_of_extras` in C."""


class StateGradients(NamedTuple):
    """What the backward pass of a layer returns besides `Sequence.kept`."""

    dh0: F32
    dc0: F32 | None
    """Gradients of the initial state [B, H]."""
    extra: F32 | None
    """Gradient of `Sequence.extra` [E, U]."""


class Kernels:
    """The kernels of a compiled library; calls may come from several threads at once.

    is_bf16: round the operands of all products to bfloat16. Packed weights are then pairs of
    bfloat16: only these kernels can read them.
    """

    def __init__(self, library: ctypes.CDLL, *, is_bf16: bool = False) -> None:
        self.is_bf16 = is_bf16
        self._multiply = typed(library.rnnlab_multiply, "iipiiippipp")
        self._pack = typed(library.rnnlab_pack, "iipiiiip")
        self._outer = typed(library.rnnlab_outer, "iipiipiiiippp")
        self._forward = typed(library.rnnlab_forward, "iiiiiii" + "p" * 11)
        self._backward = typed(library.rnnlab_backward, "iiiiiii" + "p" * 16)
        self._gradients = typed(library.rnnlab_gradients, "iiiiiii" + "pppp" + "i" + "pppp")
        self._multiply_room = typed(library.rnnlab_multiply_room, "ii", c_int64)
        self._outer_room = typed(library.rnnlab_outer_room, "ii", c_int64)
        self._kept = typed(library.rnnlab_kept, "ii", c_int64)
        self._room = typed(library.rnnlab_sequence_room, "ii", c_int64)
        self.lanes: int = library.rnnlab_lanes()
        """Floats per vector."""
        self.panel: int = library.rnnlab_panel()
        """Columns of a panel of packed weights."""
        self.tile_rows: int = library.rnnlab_tile_rows()
        """Rows of a weight gradient are padded to a multiple of this number."""
        self.scans = ScanKernels(library)
        """Kernels for cells whose gates read only the input."""
        self.losses = LossKernels(library)
        """Kernel for the cross-entropy."""

    def kept(self, cell: int, units: int) -> int:
        """Return the number of floats that a forward pass keeps for every token."""
        floats: int = self._kept(cell, units)
        return floats

    def pack(self, matrix_KG: F32, *, is_transposed: bool = False) -> F32:
        """Return a matrix [K, G] as panels for `multiply`; is_transposed: the matrix is [G, K]."""
        inputs, outputs = matrix_KG.shape[::-1] if is_transposed else matrix_KG.shape
        words = -(-inputs // 2) if self.is_bf16 else inputs
        panels = np.empty(up(outputs, self.panel) * words, np.float32)
        step, stride = (inputs, 1) if is_transposed else (1, outputs)
        self._pack(
            num_threads(), self.is_bf16, at(matrix_KG), step, stride, outputs, inputs, at(panels)
        )
        return panels

    def pack_backward(self, cell: int, weight_GK: F32) -> F32:
        """Return W_hh [gates * U, H] as panels for `backward`."""
        if cell != _GRU_CHO:
            return self.pack(weight_GK)
        of_h = self._products(cell, len(weight_GK) // NUM_GATES[cell])
        return np.concatenate([self.pack(weight_GK[:of_h]), self.pack(weight_GK[of_h:])])

    def multiply(self, x_NK: F32, panels: F32, bias_G: F32) -> F32:
        """Return x W + b [N, G] for packed weights; only the rows of x must be contiguous."""
        num, inputs = x_NK.shape
        outputs, threads = len(bias_G), num_threads()
        columns = up(outputs, self.panel)
        y_NG = np.empty((num, outputs), np.float32)
        scratch = np.empty(threads * self._multiply_room(inputs, outputs), np.float32)
        bias = wide(bias_G, columns)
        self._multiply(
            threads, self.is_bf16, *rows(x_NK), num, inputs, at(panels), at(bias), outputs,
            at(y_NG), at(scratch),
        )  # fmt: skip
        return y_NG

    def outer(self, a_NG: F32, b_NK: F32) -> tuple[F32, F32]:
        """Return the sum over the rows of a times b [G, K], and the sum of a [G].

        Only the rows of a and b must be contiguous.
        """
        (num, height), columns, threads = a_NG.shape, b_NK.shape[1], num_threads()
        width = self._width(height, threads)
        scratch = self._outer_scratch(width, columns, threads)
        out = np.zeros((up(height, self.tile_rows), up(columns, self.panel)), np.float32)
        sums = np.zeros(height, np.float32)
        self._outer(
            threads, self.is_bf16, *rows(a_NG), height, *rows(b_NK), columns, num, width,
            at(out), at(sums), at(scratch),
        )  # fmt: skip
        return out[:height, :columns], sums

    def forward(self, work: Sequence, panels: F32, bias: F32) -> None:
        """Compute `work.y` and what `backward` needs.

        panels: W_hh packed for [H, gates * U]; bias: of the recurrent term [gates * U].
        """
        threads = num_threads()
        bias = wide(bias, up(len(bias), self.panel))
        scratch = self._sequence_scratch(work, threads)
        self._forward(
            threads, self.is_bf16, work.cell, *work.sizes, at(work.input), at(work.tokens),
            at(panels), at(bias), at(work.extra), at(work.h0), at(work.c0), at(work.y), at(work.c),
            at(work.kept), at(scratch),
        )  # fmt: skip

    def backward(
        self, work: Sequence, panels: F32, dy: F32, dh_last: F32 | None, dc_last: F32 | None,
        norms: F32 | None = None,
    ) -> StateGradients:  # fmt: skip
        """Turn `work.kept` into the gradient of the gates' sums.

        panels: from `pack_backward`. norms [B, T]: receives the squares of |dL/dh_t|.
        """
        threads, batch = num_threads(), work.sizes[0]
        dh0, dc0 = np.empty_like(work.h0), None if work.c0 is None else np.empty_like(work.c0)
        zeros = np.zeros(up(work.sizes[2], self.panel), np.float32)
        scratch = self._sequence_scratch(work, threads)
        of_rows = None
        if work.extra is not None:
            of_rows = np.empty((batch, *work.extra.shape), np.float32)
        self._backward(
            threads, self.is_bf16, work.cell, *work.sizes, at(panels), at(zeros), at(work.extra),
            at(work.h0),
            at(work.c0), at(work.y), at(work.c), at(work.kept), at(dy), at(dh_last), at(dc_last),
            at(dh0), at(dc0), at(of_rows), at(norms),
            at(scratch),
        )  # fmt: skip
        return StateGradients(dh0, dc0, None if of_rows is None else of_rows.sum(axis=0))

    def gradients(
        self, work: Sequence, table: F32 | None, *, wants_sums: bool = True
    ) -> tuple[F32, F32 | None]:
        """Return the sums for W_hh [gates * U, H] and for the biases [blocks * U] after `backward`.

        table [V, gates * U]: receives the gradient of the table of input terms. wants_sums: False
        for a cell without biases of the recurrent term; the second value is then None.
        """
        _, _, hidden, units = work.sizes
        threads, gates, blocks = num_threads(), NUM_GATES[work.cell], NUM_BLOCKS[work.cell]
        of_h = self._products(work.cell, units)
        width = self._width(of_h, threads)  # columns beyond those are only summed
        weights = np.zeros((up(of_h, self.tile_rows), up(hidden, self.panel)), np.float32)
        sums = np.zeros(blocks * units, np.float32) if wants_sums else None
        scratch = self._outer_scratch(width, hidden, threads)
        self._gradients(
            threads, self.is_bf16, work.cell, *work.sizes, at(work.kept), at(work.y), at(work.h0),
            at(work.tokens), width, at(weights), at(sums), at(table),
            at(scratch),
        )  # fmt: skip
        if sums is not None and table is not None:
            sums[(blocks - gates) * units :] = table.sum(axis=0)
        if work.cell != _GRU_CHO:
            return weights[:of_h, :hidden], sums
        of_candidate = work.kept[:, of_h : gates * units]
        reset_h = work.kept[:, gates * units :][:, :hidden]
        return np.concatenate([weights[:of_h, :hidden], self.outer(of_candidate, reset_h)[0]]), sums

    def _products(self, cell: int, units: int) -> int:
        """Return the number of rows of W_hh that h is multiplied with."""
        return units * (NUM_GATES[cell] - (cell == _GRU_CHO))

    def _width(self, columns: int, threads: int) -> int:
        """Return the columns of a piece of a weight gradient: as many pieces for each thread."""
        pieces = threads * max(1, round(columns / (threads * _WIDTH)))
        return up(max(_LEAST_WIDTH, -(-columns // pieces)), self.tile_rows)

    def _sequence_scratch(self, work: Sequence, threads: int) -> F32:
        return np.empty(threads * self._room(work.cell, work.sizes[3]), np.float32)

    def _outer_scratch(self, width: int, columns: int, threads: int) -> F32:
        return np.empty(threads * self._outer_room(width, columns), np.float32)


def load_kernels(*, is_bf16: bool = False) -> Kernels | None:
    """Return the kernels; None if they are not available on this machine.

    is_bf16: see `Kernels`; without instructions for it, they emulate them: see `why_no_bfloat16`.
    """
    library = load_library().library
    return None if library is None else kernels_of(library, is_bf16=is_bf16)


@cache
def kernels_of(library: ctypes.CDLL, *, is_bf16: bool = False) -> Kernels:
    """Return the kernels of a library in a number format, one object for each."""
    return Kernels(library, is_bf16=is_bf16)
