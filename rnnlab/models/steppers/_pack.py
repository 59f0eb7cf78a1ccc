"""A model's weights as the native step wants them: packed copies, and a struct that points to them.

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

from rnnlab import cells
from rnnlab.cells import Weights
from rnnlab.cells.gru import GRU
from rnnlab.cells.lstm import LSTM
from rnnlab.cells.rnn import RNN
from rnnlab.cells.rnn_relu import ReluRNN
from rnnlab.cells.rnn_sigmoid import SigmoidRNN
from rnnlab.models._language_model import LanguageModel

CELLS: tuple[type[cells.Cell[Any]], ...] = (RNN, ReluRNN, SigmoidRNN, GRU, LSTM)
"""In the order of native/gates.h."""
NO_LOGIT = -1e30
"""Of a column that only pads the vocabulary: its share of the softmax is nothing."""
ALIGNMENT = 64

F32 = NDArray[np.float32]
_NOTHING = c_char * 0
"""What every array has room for, an empty one too."""


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
    """Packed weights of a model, which has to be fit for it (see `_native.unfit`).

    lanes: numbers of the processor's vector. A state's row holds h (and c) of every layer, the
    units padded to whole vectors, and with a residual stack the sum that the head reads.
    """

    def __init__(self, model: LanguageModel, lanes: int) -> None:
        rnn = model.rnn
        panel = 2 * lanes
        self.hidden, self.vocab = rnn.hidden_size, model.vocab_size
        self.units = padded(self.hidden, lanes)
        columns = padded(self.vocab, panel)
        num_gates = len(rnn.cell.gates)
        gates = padded(num_gates * self.units, panel)
        parts = rnn.cell.num_states * self.units
        self.is_residual = rnn.is_residual and rnn.num_layers > 1
        self.row = rnn.num_layers * parts + (self.units if self.is_residual else 0)
        """Numbers of a state's row."""
        self.features = rnn.num_layers * parts if self.is_residual else (rnn.num_layers - 1) * parts
        """Where in a row stands what the head reads."""
        self.row_scratch = max(2 * gates, columns)
        """Numbers that the products of a row take."""
        self.row_products = self.hidden * (columns + (2 * rnn.num_layers - 1) * gates)
        """Multiplications of a row's step."""
        self._kept: list[Any] = []
        layers = (_Layer * rnn.num_layers)()
        for number in range(rnn.num_layers):
            weights = rnn.weights(number)
            assert isinstance(weights, tuple)
            # The start of a cell that has one is no part of its equations.
            given = Weights(*(_gate_rows(t, num_gates, self.units, gates) for t in weights[:4]))
            if number == 0:
                layers[0].input = self._keep(_first_table(model, given))
            else:
                layers[number].input = self._keep(_panels(given.weight_ih, panel))
                layers[number].input_bias = self._keep(given.bias_ih.numpy())
            layers[number].hidden = self._keep(_panels(given.weight_hh, panel))
            layers[number].hidden_bias = self._keep(given.bias_hh.numpy())
        tied = model.embedding.weight if model.embedding is not None else None
        head = tied if model.head.weight is None else model.head.weight
        assert head is not None
        padding = (0, columns - self.vocab)
        bias = torch.nn.functional.pad(model.head.bias.detach(), padding, value=NO_LOGIT)
        weight = torch.nn.functional.pad(head.detach(), (0, 0, *padding))
        self._net = _Net(
            layers, self._keep(_panels(weight, panel)), self._keep(bias.numpy()),
            CELLS.index(type(rnn.cell)), rnn.num_layers, self.hidden, self.units, gates,
            self.vocab, columns, self.row, parts, self.features, self.is_residual,
        )  # fmt: skip
        self.address = ctypes.addressof(self._net)
        """Of the struct that C reads."""

    def _keep(self, array: F32) -> int:
        """Hold an aligned copy as long as this lives; return its address."""
        room = np.empty(array.size + ALIGNMENT // 4, np.float32)
        skipped = -address(room) % ALIGNMENT // 4
        room[skipped : skipped + array.size] = array.ravel()
        self._kept.append(room)
        return address(room) + 4 * skipped


def address(array: NDArray[Any]) -> int:
    """Return where a contiguous and writeable array stands.

    A fifth of the time of numpy's `array.ctypes.data`: five of those would be a quarter of a step.
    """
    return ctypes.addressof(_NOTHING.from_buffer(array))  # type: ignore[arg-type]


def padded(size: int, multiple: int) -> int:
    """Return the least multiple that is not below a size."""
    return -(-size // multiple) * multiple


def _gate_rows(stacked: Tensor, num_gates: int, units: int, gates: int) -> Tensor:
    """Return stacked weights [G, ...], every gate padded with zeros to whole vectors, and all."""
    rest = stacked.shape[1:]
    hidden = stacked.shape[0] // num_gates
    padded = stacked.new_zeros(gates, *rest)
    whole = padded[: num_gates * units].view(num_gates, units, *rest)
    whole[:, :hidden] = stacked.detach().view(num_gates, hidden, *rest)
    return padded


def _first_table(model: LanguageModel, weights: Weights) -> F32:
    """Return the first layer's share [V, G] of all gates for every token: no product is needed."""
    table_VG = weights.weight_ih.double().T
    if model.embedding is not None:
        table_VG = model.embedding.weight.detach().double() @ table_VG
    table: F32 = (table_VG + weights.bias_ih).float().numpy()
    return table


def _panels(weight_GK: Tensor, width: int) -> F32:
    """Return weights as panels [G / width, K, width]."""
    panels: F32 = weight_GK.view(-1, width, weight_GK.shape[1]).transpose(1, 2).contiguous().numpy()
    return panels
