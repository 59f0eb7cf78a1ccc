"""Arguments of C functions: types, addresses of arrays, sizes of padded arrays."""

from __future__ import annotations

from ctypes import c_double, c_int64, c_void_p
from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
_TYPES = {"i": c_int64, "d": c_double, "p": c_void_p}


def typed(function: Any, kinds: str, result: Any = None) -> Any:
    """Return a C function with its types set: i for int64, d for double, p for an address."""
    function.argtypes, function.restype = [_TYPES[kind] for kind in kinds], result
    return function


def at(array: NDArray[Any] | None) -> int | None:
    """Return the address of a contiguous array, which the caller keeps alive; None for None."""
    if array is None:
        return None
    assert array.flags.c_contiguous
    return array.ctypes.data


def rows(array: F32) -> tuple[int, int]:
    """Return the address of a matrix with contiguous rows, and the floats from row to row."""
    assert array.strides[1] == array.itemsize
    return array.ctypes.data, array.strides[0] // array.itemsize


def up(size: int, multiple: int) -> int:
    """Return the size rounded up to a multiple."""
    return -(-size // multiple) * multiple


def wide(row: F32, columns: int) -> F32:
    """Return a row with zeros added up to a number of columns."""
    padded = np.zeros(columns, np.float32)
    padded[: len(row)] = row
    return padded
