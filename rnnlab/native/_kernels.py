"""Typed calls of the training kernels. Arrays are passed as addresses of contiguous float32 data.

Legend: N rows, K inputs, G outputs; B sequences, T steps, H hidden units, U units padded to whole
vectors, V rows of a table.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int64, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rnnlab.native._build import load_library
from rnnlab.native._threads import num_threads

CELLS: Final = ("rnn", "rnn-relu", "rnn-sigmoid", "gru", "lstm")
"""Cells with kernels, in the order of `enum cell` in c/gates.h."""
NUM_GATES: Final = (1, 1, 1, 3, 4)
NUM_BLOCKS: Final = (1, 1, 1, 4, 4)
"""Blocks of U floats that the forward pass of each cell keeps for every token. Those of the GRU are
the recurrent term of n, then r, z, n; the others are the gates in the order of the cell."""
_WIDTH: Final = 512
_LEAST_WIDTH: Final = 48
"""Usual and minimum numbers of columns of a piece of a weight gradient: each packs all rows."""

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Sequence:
    """Arrays of one pass through a layer. The kernels read and write them in place."""

    cell: int
    """Index in CELLS."""
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


class Kernels:
    """The kernels of a compiled library; calls may come from several threads at once."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._multiply = _typed(library.rnnlab_multiply, "ipiiippipp")
        self._pack = _typed(library.rnnlab_pack, "ipiiiip")
        self._outer = _typed(library.rnnlab_outer, "ipiipiiippp")
        self._forward = _typed(library.rnnlab_forward, "iiiiii" + "p" * 10)
        self._backward = _typed(library.rnnlab_backward, "iiiiii" + "p" * 14)
        self._gradients = _typed(library.rnnlab_gradients, "iiiiii" + "pppp" + "i" + "pppp")
        self._kept, self._room = library.rnnlab_kept, library.rnnlab_sequence_room
        for size in (self._kept, self._room):
            size.argtypes, size.restype = [c_int64, c_int64], c_int64
        self.lanes: int = library.rnnlab_lanes()
        """Floats per vector."""
        self.panel: int = library.rnnlab_panel()
        """Columns of a panel of packed weights."""
        self.tile_rows: int = library.rnnlab_tile_rows()
        """Rows of a weight gradient are padded to a multiple of this number."""
        self._piece_rows: int = library.rnnlab_piece_rows()
        self._block: int = library.rnnlab_block()

    def kept(self, cell: int, units: int) -> int:
        """Return the number of floats that a forward pass keeps for every token."""
        floats: int = self._kept(cell, units)
        return floats

    def pack(self, matrix_KG: F32, *, is_transposed: bool = False) -> F32:
        """Return a matrix [K, G] as panels for `multiply`; is_transposed: the matrix is [G, K]."""
        inputs, outputs = matrix_KG.shape[::-1] if is_transposed else matrix_KG.shape
        panels = np.empty(_up(outputs, self.panel) * inputs, np.float32)
        step, stride = (inputs, 1) if is_transposed else (1, outputs)
        self._pack(num_threads(), _at(matrix_KG), step, stride, outputs, inputs, _at(panels))
        return panels

    def multiply(self, x_NK: F32, panels: F32, bias_G: F32) -> F32:
        """Return x W + b [N, G] for packed weights; only the rows of x must be contiguous."""
        num, inputs = x_NK.shape
        outputs, threads = len(bias_G), num_threads()
        columns = _up(outputs, self.panel)
        y_NG = np.empty((num, outputs), np.float32)
        scratch = np.empty(threads * self._piece_rows * columns, np.float32)
        bias = _wide(bias_G, columns)
        self._multiply(
            threads, *_rows(x_NK), num, inputs, _at(panels), _at(bias), outputs,
            _at(y_NG), _at(scratch),
        )  # fmt: skip
        return y_NG

    def outer(self, a_NG: F32, b_NK: F32) -> tuple[F32, F32]:
        """Return the sum over the rows of a times b [G, K], and the sum of a [G].

        Only the rows of a must be contiguous.
        """
        (num, rows), columns, threads = a_NG.shape, b_NK.shape[1], num_threads()
        width = self._width(rows, threads)
        scratch = self._outer_scratch(width, threads)
        out = np.zeros((_up(rows, self.tile_rows), _up(columns, self.panel)), np.float32)
        sums = np.zeros(rows, np.float32)
        self._outer(
            threads, *_rows(a_NG), rows, _at(b_NK), columns, num, width, _at(out), _at(sums),
            _at(scratch),
        )  # fmt: skip
        return out[:rows, :columns], sums

    def forward(self, work: Sequence, panels: F32, bias: F32) -> None:
        """Compute `work.y` and what `backward` needs.

        panels: W_hh packed for [H, gates * U]; bias: of the recurrent term [gates * U].
        """
        threads = num_threads()
        bias = _wide(bias, _up(len(bias), self.panel))
        scratch = self._sequence_scratch(work, threads)
        self._forward(
            threads, work.cell, *work.sizes, _at(work.input), _at(work.tokens), _at(panels),
            _at(bias), _at(work.h0), _at(work.c0), _at(work.y), _at(work.c), _at(work.kept),
            _at(scratch),
        )  # fmt: skip

    def backward(
        self, work: Sequence, panels: F32, dy: F32, dh_last: F32 | None, dc_last: F32 | None,
        norms: F32 | None = None,
    ) -> tuple[F32, F32 | None]:  # fmt: skip
        """Turn `work.kept` into the gradient of the gates' sums; return those of h0 and c0.

        panels: W_hh packed for [gates * U, H]. norms [B, T]: receives the squares of |dL/dh_t|.
        """
        threads = num_threads()
        dh0, dc0 = np.empty_like(work.h0), None if work.c0 is None else np.empty_like(work.c0)
        zeros = np.zeros(_up(work.sizes[2], self.panel), np.float32)
        scratch = self._sequence_scratch(work, threads)
        self._backward(
            threads, work.cell, *work.sizes, _at(panels), _at(zeros), _at(work.h0), _at(work.c0),
            _at(work.y), _at(work.c), _at(work.kept), _at(dy), _at(dh_last), _at(dc_last), _at(dh0),
            _at(dc0), _at(norms),
            _at(scratch),
        )  # fmt: skip
        return dh0, dc0

    def gradients(self, work: Sequence, table: F32 | None) -> tuple[F32, F32]:
        """Return the sums for W_hh [gates * U, H] and for the biases [blocks * U] after `backward`.

        table [V, gates * U]: receives the gradient of the table of input terms.
        """
        _, _, hidden, units = work.sizes
        threads, gates, blocks = num_threads(), NUM_GATES[work.cell], NUM_BLOCKS[work.cell]
        width = self._width(gates * units, threads)  # columns beyond those are only summed
        weights = np.zeros(
            (_up(gates * units, self.tile_rows), _up(hidden, self.panel)), np.float32
        )
        sums = np.zeros(blocks * units, np.float32)
        scratch = self._outer_scratch(width, threads)
        self._gradients(
            threads, work.cell, *work.sizes, _at(work.kept), _at(work.y), _at(work.h0),
            _at(work.tokens), width, _at(weights), _at(sums), _at(table),
            _at(scratch),
        )  # fmt: skip
        return weights[: gates * units, :hidden], sums

    def _width(self, columns: int, threads: int) -> int:
        """Return the columns of a piece of a weight gradient: as many pieces for each thread."""
        pieces = threads * max(1, round(columns / (threads * _WIDTH)))
        return _up(max(_LEAST_WIDTH, -(-columns // pieces)), self.tile_rows)

    def _sequence_scratch(self, work: Sequence, threads: int) -> F32:
        return np.empty(threads * self._room(work.cell, work.sizes[3]), np.float32)

    def _outer_scratch(self, width: int, threads: int) -> F32:
        return np.empty(threads * self._block * (width + self.tile_rows + self.panel), np.float32)


def load_kernels() -> Kernels | None:
    """Return the kernels; None if they are not available on this machine."""
    library = load_library().library
    return None if library is None else kernels_of(library)


@cache
def kernels_of(library: ctypes.CDLL) -> Kernels:
    """Return the kernels of a library, one object per library."""
    return Kernels(library)


def _typed(function: Any, kinds: str) -> Any:
    """Return a C function with its argument types set: i for int64, p for an address."""
    function.argtypes = [c_int64 if kind == "i" else c_void_p for kind in kinds]
    function.restype = None
    return function


def _at(array: NDArray[Any] | None) -> int | None:
    """Return the address of a contiguous array, which the caller keeps alive; None for None."""
    if array is None:
        return None
    assert array.flags.c_contiguous
    return array.ctypes.data


def _rows(array: F32) -> tuple[int, int]:
    """Return the address of a matrix with contiguous rows, and the floats from row to row."""
    assert array.strides[1] == array.itemsize
    return array.ctypes.data, array.strides[0] // array.itemsize


def _up(size: int, multiple: int) -> int:
    return -(-size // multiple) * multiple


def _wide(row: F32, columns: int) -> F32:
    """Return a row with zeros added up to a number of columns."""
    wide = np.zeros(columns, np.float32)
    wide[: len(row)] = row
    return wide
