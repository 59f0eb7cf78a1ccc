"""A model's weights in the layout of the native step: packed copies, and a C struct of pointers.

Shapes: V tokens of the vocabulary, K inputs of a product, G rows of the stacked gates.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, c_char, c_int64, c_void_p
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rnnlab.inference.network import Network
from rnnlab.native import CELLS, NO_LOGIT

ALIGNMENT = 64

F32 = NDArray[np.float32]
_NOTHING = c_char * 0
"""A ctypes type of size 0, which fits into every array, even an empty one."""


class _Layer(Structure):
    _fields_: ClassVar = [
        (name, c_void_p) for name in ("input", "input_bias", "hidden", "hidden_bias")
    ]


class _Net(Structure):
    _fields_: ClassVar = [
        ("layers", POINTER(_Layer)), ("head", c_void_p), ("head_bias", c_void_p),
        *((name, c_int64) for name in (
            "cell", "num_layers", "hidden", "units", "gates", "vocab", "columns", "row", "parts",
            "features", "is_residual",
        )),
    ]  # fmt: skip


class Packed:
    """Packed weights of a network for the native step.

    lanes: floats per vector register. A row of a state holds h (and c) of every layer, padded to
    whole vectors, and in a residual stack also the sum that the head reads.
    """

    def __init__(self, network: Network, lanes: int) -> None:
        panel, num_layers = 2 * lanes, network.num_layers
        self.hidden, self.vocab = network.hidden, network.vocab_size
        self.units = padded(self.hidden, lanes)
        columns = self.columns = padded(self.vocab, panel)
        num_gates = network.num_gates
        gates = padded(num_gates * self.units, panel)
        self.num_states = network.num_states
        parts = self.num_states * self.units
        self.is_residual = network.is_residual
        self.row = num_layers * parts + (self.units if self.is_residual else 0)
        """Number of floats in a row of a state."""
        self.features = num_layers * parts if self.is_residual else (num_layers - 1) * parts
        """Offset of the head's input from the beginning of a row, in floats."""
        self.row_scratch = max(2 * gates, columns)
        """Number of floats of scratch memory for the products of one row."""
        self.row_products = self.hidden * (columns + (2 * num_layers - 1) * gates)
        """Number of multiplications in a step of one row."""
        self._buffers: list[Any] = []
        layers = (_Layer * num_layers)()
        for number in range(num_layers):
            weights = network.layer(number)

            def wide(stacked: F32) -> F32:
                return _gate_rows(stacked, num_gates, self.units, gates)

            if number == 0:
                layers[0].input = self._keep(wide(network.table().T).T)
            else:
                layers[number].input = self._keep(_panels(wide(weights.weight_ih), panel))
                layers[number].input_bias = self._keep(wide(weights.bias_ih))
            layers[number].hidden = self._keep(_panels(wide(weights.weight_hh), panel))
            layers[number].hidden_bias = self._keep(wide(weights.bias_hh))
        head, head_bias = network.head
        bias = np.full(columns, NO_LOGIT, np.float32)
        bias[: self.vocab] = head_bias
        weight = np.zeros((columns, self.hidden), np.float32)
        weight[: self.vocab] = head
        self._net = _Net(
            layers, self._keep(_panels(weight, panel)), self._keep(bias),
            CELLS.index(network.cell), num_layers, self.hidden, self.units, gates,
            self.vocab, columns, self.row, parts, self.features, self.is_residual,
        )  # fmt: skip
        self.address = ctypes.addressof(self._net)
        """Address of the struct that the C code reads."""

    def _keep(self, array: F32) -> int:
        """Store an aligned copy that lives as long as this object; return the copy's address."""
        buffer = np.empty(array.size + ALIGNMENT // 4, np.float32)
        offset = -address(buffer) % ALIGNMENT // 4
        buffer[offset : offset + array.size] = array.ravel()
        self._buffers.append(buffer)
        return address(buffer) + 4 * offset


def address(array: NDArray[Any]) -> int:
    """Return the memory address of a contiguous and writeable array.

    This is five times as fast as numpy's `array.ctypes.data`, which would take a quarter of the
    time of a step.
    """
    return ctypes.addressof(_NOTHING.from_buffer(array))  # type: ignore[arg-type]


def padded(size: int, multiple: int) -> int:
    """Return the size rounded up to a multiple."""
    return -(-size // multiple) * multiple


def _gate_rows(stacked: F32, num_gates: int, units: int, gates: int) -> F32:
    """Return stacked weights with rows of zeros added: `units` rows per gate, `gates` in total."""
    rest = stacked.shape[1:]
    hidden = stacked.shape[0] // num_gates
    padded = np.zeros((gates, *rest), np.float32)
    whole = padded[: num_gates * units].reshape(num_gates, units, *rest)
    whole[:, :hidden] = stacked.reshape(num_gates, hidden, *rest)
    return padded


def _panels(weight_GK: F32, width: int) -> F32:
    """Return weights [G, K] as panels [G / width, K, width]."""
    return weight_GK.reshape(-1, width, weight_GK.shape[1]).transpose(0, 2, 1)
