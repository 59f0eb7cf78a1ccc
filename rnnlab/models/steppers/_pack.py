"""A model's weights in the layout of the native step: packed copies, and a C struct of pointers.

Shapes: V tokens of the vocabulary, K inputs of a product, G rows of the stacked gates.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, c_char, c_int64, c_void_p
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnlab.cells import KERNEL_CELLS, Weights
from rnnlab.models._language_model import LanguageModel

NO_LOGIT = -1e30
"""Logit of a column that pads the vocabulary: it adds nothing to the softmax."""
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
    """Packed weights of a model that the native step supports (see `_native.why_not_native`).

    lanes: floats per vector register. A row of a state holds h (and c) of every layer, padded to
    whole vectors, and in a residual stack also the sum that the head reads.
    """

    def __init__(self, model: LanguageModel, lanes: int) -> None:
        rnn = model.rnn
        panel = 2 * lanes
        self.hidden, self.vocab = rnn.hidden_size, model.vocab_size
        self.units = padded(self.hidden, lanes)
        columns = self.columns = padded(self.vocab, panel)
        num_gates = len(rnn.cell.gates)
        gates = padded(num_gates * self.units, panel)
        parts = rnn.cell.num_states * self.units
        self.is_residual = rnn.is_residual and rnn.num_layers > 1
        self.row = rnn.num_layers * parts + (self.units if self.is_residual else 0)
        """Number of floats in a row of a state."""
        self.features = rnn.num_layers * parts if self.is_residual else (rnn.num_layers - 1) * parts
        """Offset of the head's input from the beginning of a row, in floats."""
        self.row_scratch = max(2 * gates, columns)
        """Number of floats of scratch memory for the products of one row."""
        self.row_products = self.hidden * (columns + (2 * rnn.num_layers - 1) * gates)
        """Number of multiplications in a step of one row."""
        self._buffers: list[Any] = []
        layers = (_Layer * rnn.num_layers)()
        for number in range(rnn.num_layers):
            weights = rnn.weights(number)
            assert isinstance(weights, tuple)
            # The fifth tensor, the initial state of a SigmoidRNN, is not part of a step.
            padded_weights = Weights(
                *(_gate_rows(t, num_gates, self.units, gates) for t in weights[:4])
            )
            if number == 0:
                layers[0].input = self._keep(_first_table(model, padded_weights))
            else:
                layers[number].input = self._keep(_panels(padded_weights.weight_ih, panel))
                layers[number].input_bias = self._keep(padded_weights.bias_ih.numpy())
            layers[number].hidden = self._keep(_panels(padded_weights.weight_hh, panel))
            layers[number].hidden_bias = self._keep(padded_weights.bias_hh.numpy())
        tied = model.embedding.weight if model.embedding is not None else None
        head = tied if model.head.weight is None else model.head.weight
        assert head is not None
        padding = (0, columns - self.vocab)
        bias = torch.nn.functional.pad(model.head.bias.detach(), padding, value=NO_LOGIT)
        weight = torch.nn.functional.pad(head.detach(), (0, 0, *padding))
        self._net = _Net(
            layers, self._keep(_panels(weight, panel)), self._keep(bias.numpy()),
            KERNEL_CELLS.index(type(rnn.cell)), rnn.num_layers, self.hidden, self.units, gates,
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


def _gate_rows(stacked: Tensor, num_gates: int, units: int, gates: int) -> Tensor:
    """Return stacked weights with rows of zeros added: `units` rows per gate, `gates` in total."""
    rest = stacked.shape[1:]
    hidden = stacked.shape[0] // num_gates
    padded = stacked.new_zeros(gates, *rest)
    whole = padded[: num_gates * units].view(num_gates, units, *rest)
    whole[:, :hidden] = stacked.detach().view(num_gates, hidden, *rest)
    return padded


def _first_table(model: LanguageModel, weights: Weights) -> F32:
    """Return the input term [V, G] of the first layer's gates for every token, as a table."""
    table_VG = weights.weight_ih.double().T
    if model.embedding is not None:
        table_VG = model.embedding.weight.detach().double() @ table_VG
    table: F32 = (table_VG + weights.bias_ih).float().numpy()
    return table


def _panels(weight_GK: Tensor, width: int) -> F32:
    """Return weights [G, K] as panels [G / width, K, width]."""
    panels: F32 = weight_GK.view(-1, width, weight_GK.shape[1]).transpose(1, 2).contiguous().numpy()
    return panels
