"""Typed calls of the kernels for cells whose gates read only the input.

Legend: N tokens, B sequences, T steps, H hidden units, U units padded to whole vectors, G gradients
of a token's input term, V rows of a table.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int64
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rnnlab.native._calls import F32, at, rows, typed, up
from rnnlab.native._threads import num_threads

SCAN_CELLS: Final = ("mingru", "minlstm")
"""Cells with these kernels, in the order of `enum scan` in c/scan.c."""
SCAN_GATES: Final = (2, 3)


@dataclass(frozen=True)
class Scan:
    """Arrays of one pass through a layer; the kernels write `y` in place."""

    cell: int
    """Index in SCAN_CELLS."""
    sizes: tuple[int, int, int, int]
    """B, T, H, U."""
    input: F32
    """Input term of the gates, bias included: [B, T, G], or for `tokens` a table [V, G]."""
    tokens: NDArray[np.int64] | None
    """Row of the table for every step [B, T]; None without a table."""
    h0: F32
    """State before the first step [B, H]."""
    y: F32
    """Outputs [B, T, H]."""


class ScanKernels:
    """The kernels of a compiled library; calls may come from several threads at once."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._forward = typed(library.rnnlab_scan, "iiiiii" + "p" * 5)
        self._backward = typed(library.rnnlab_scan_backward, "iiiiii" + "p" * 9)
        self._add_to_table = typed(library.rnnlab_add_to_table, "iipipiip")
        self._room = typed(library.rnnlab_scan_room, "ii", c_int64)
        self._stride = typed(library.rnnlab_scan_stride, "ii", c_int64)

    def forward(self, work: Scan) -> None:
        """Compute `work.y`."""
        threads = num_threads()
        scratch = self._scratch(work, threads)
        self._forward(
            threads, work.cell, *work.sizes, at(work.input), at(work.tokens), at(work.h0),
            at(work.y), at(scratch),
        )  # fmt: skip

    def backward(self, work: Scan, dy: F32, norms: F32 | None = None) -> tuple[F32, F32]:
        """Return the gradients of the input terms of all tokens [N, gates * U], and of h0.

        Only the rows of the first are contiguous. norms [B, T]: receives the squares of |dL/dh_t|.
        """
        threads, (batch, steps, _, units) = num_threads(), work.sizes
        scratch = self._scratch(work, threads)
        stride = self._stride(work.cell, units)
        gradients, dh0 = np.empty((batch * steps, stride), np.float32), np.empty_like(work.h0)
        self._backward(
            threads, work.cell, *work.sizes, at(work.input), at(work.tokens), at(work.h0),
            at(work.y), at(dy), at(gradients), at(dh0), at(norms),
            at(scratch),
        )  # fmt: skip
        return gradients[:, : SCAN_GATES[work.cell] * units], dh0

    def add_to_table(self, gradients_NG: F32, tokens: NDArray[np.int64], table_VG: F32) -> None:
        """Add to each row of a table the gradients of its tokens."""
        threads, columns = num_threads(), table_VG.shape[1]
        address, stride = rows(gradients_NG)
        width = up(-(-columns // threads), 16)
        self._add_to_table(
            threads, len(gradients_NG), address, stride, at(tokens), columns, width, at(table_VG)
        )

    def _scratch(self, work: Scan, threads: int) -> F32:
        return np.empty(threads * self._room(work.cell, work.sizes[3]), np.float32)
