"""Arrays that the native step and the native writer pass to C.

Shapes: R rows, S floats of a row's state.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnnlab.inference.steppers._base import Rows
from rnnlab.inference.steppers._pack import F32, address


class NativeState:
    """State of some rows; it stores its memory address because looking it up is slow."""

    __slots__ = ("address", "rows_RS")

    def __init__(self, rows_RS: F32) -> None:
        self.rows_RS = rows_RS
        self.address = address(rows_RS)


def indices(ids: Rows) -> NDArray[np.int64]:
    """Return contiguous, writeable ids, because `address` does not accept a read-only array."""
    ids = np.ascontiguousarray(ids, np.int64)
    return ids if ids.flags.writeable else ids.copy()
