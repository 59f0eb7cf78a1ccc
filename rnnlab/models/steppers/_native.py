"""Steps through our own C, for the plain cells in float32 on the CPU: see step.c.

Shapes: R rows, S numbers of a row's state, V tokens of the vocabulary, E embedding, H hidden units,
F features that the head reads, K inputs of a product, G rows of the stacked gates, B rows of a
prompt. A state's row holds h (and c) of every layer, the units padded to whole vectors, and with a
residual stack the sum that the head reads.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
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
from rnnlab.models.steppers._base import Floats, Rows

CELLS: tuple[type[cells.Cell[Any]], ...] = (RNN, ReluRNN, SigmoidRNN, GRU, LSTM)
"""In the order of step.c."""
MOST_TABLE_NUMBERS = 2**25
"""Numbers of the first layer's table of V x G; above (128 MB) torch's two products are the choice.
"""
ROWS_PER_THREAD, PRODUCTS_PER_THREAD = 16, 2_000_000
"""Work that a thread is worth: to wake one up takes as long as about as many multiplications."""
PIECES_PER_THREAD = 2
"""More than one, so that a thread that wakes up late leaves little to wait for."""
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


class NativeState:
    """State of some rows, and where it stands in memory: to ask for that takes its time."""

    __slots__ = ("address", "rows_RS")

    def __init__(self, rows_RS: F32) -> None:
        self.rows_RS = rows_RS
        self.address = _address(rows_RS)


def unfit(model: LanguageModel) -> str:
    """Return why a model has no native step; empty where it has one."""
    # Not isinstance: a cell made from another one has equations of its own.
    if type(model.rnn.cell) not in CELLS:
        return f"the cell {type(model.rnn.cell).__name__} has none"
    if model.device.type != "cpu":
        return f"the model is on {model.device.type}"
    if any(tensor.dtype != torch.float32 for tensor in model.state_dict().values()):
        return "the weights are not in float32"
    if model.vocab_size * model.rnn.weights(0).bias_ih.shape[0] > MOST_TABLE_NUMBERS:
        return "the vocabulary is too large for a table of its gates"
    return ""


class NativeStepper:
    """Steps on packed copies of the weights; may be called from several threads at once.

    num_threads: what many rows are split over; None is torch's number. It never changes a result.
    """

    def __init__(
        self, model: LanguageModel, library: ctypes.CDLL, num_threads: int | None = None
    ) -> None:
        rnn = model.rnn
        self._call = library.rnnlab_step
        self._call.argtypes = [c_void_p, *[c_int64] * 4, *[c_void_p] * 7]
        self._lanes: int = library.rnnlab_lanes()
        self._chunk: int = library.rnnlab_chunk()
        self._threads = num_threads or torch.get_num_threads()
        self._hidden, self._layers = rnn.hidden_size, rnn.num_layers
        self._num_states, self._vocab = rnn.cell.num_states, model.vocab_size
        self._units = _padded(self._hidden, self._lanes)
        columns = _padded(self._vocab, 2 * self._lanes)
        num_gates = len(rnn.cell.gates)
        gates = _padded(num_gates * self._units, 2 * self._lanes)
        parts = self._num_states * self._units
        self._is_residual = rnn.is_residual and self._layers > 1
        self._row = self._layers * parts + (self._units if self._is_residual else 0)
        self._features = self._layers * parts if self._is_residual else (self._layers - 1) * parts
        self._row_scratch = max(2 * gates, columns)
        self._row_products = self._hidden * (columns + (2 * self._layers - 1) * gates)
        self._kept: list[Any] = []
        """What C points to."""
        self._spare: list[tuple[F32, int]] = []
        """Room for products. A call takes one and puts it back: two at once never share it."""
        layers = (_Layer * self._layers)()
        for number in range(self._layers):
            weights = rnn.weights(number)
            assert isinstance(weights, tuple)
            # The start of a cell that has one is no part of its equations.
            given = Weights(*(_gate_rows(t, num_gates, self._units, gates) for t in weights[:4]))
            if number == 0:
                layers[0].input = self._keep(_first_table(model, given))
            else:
                layers[number].input = self._keep(_panels(given.weight_ih, 2 * self._lanes))
                layers[number].input_bias = self._keep(given.bias_ih.numpy())
            layers[number].hidden = self._keep(_panels(given.weight_hh, 2 * self._lanes))
            layers[number].hidden_bias = self._keep(given.bias_hh.numpy())
        tied = model.embedding.weight if model.embedding is not None else None
        head = tied if model.head.weight is None else model.head.weight
        assert head is not None
        padding = (0, columns - self._vocab)
        bias = torch.nn.functional.pad(model.head.bias.detach(), padding, value=NO_LOGIT)
        weight = torch.nn.functional.pad(head.detach(), (0, 0, *padding))
        self._net = _Net(
            layers, self._keep(_panels(weight, 2 * self._lanes)), self._keep(bias.numpy()),
            CELLS.index(type(rnn.cell)), self._layers, self._hidden, self._units, gates,
            self._vocab, columns, self._row, parts, self._features, self._is_residual,
        )  # fmt: skip
        self._net_address = ctypes.addressof(self._net)

    def step(
        self, state: NativeState, parents_R: Rows, tokens_R: Rows
    ) -> tuple[Floats, NativeState]:
        """Step in one call of C; see `Stepper`."""
        parents_R, tokens_R = _indices(parents_R), _indices(tokens_R)
        num, num_states = len(parents_R), len(state.rows_RS)
        if len(tokens_R) != num:
            raise IndexError(f"{len(tokens_R)} tokens for {num} rows")
        threads, pieces = 1, -(-num // self._chunk) or 1
        if num >= 2 * ROWS_PER_THREAD:
            worth = num * self._row_products // PRODUCTS_PER_THREAD
            threads = max(1, min(self._threads, num // ROWS_PER_THREAD, worth))
            pieces = pieces if threads == 1 else _padded(pieces, PIECES_PER_THREAD * threads)
        room = threads * -(-num // pieces) * self._row_scratch
        # After the products the order of the rows.
        scratch = self._take(room + num + num_states + 1)
        log_probs_RV = np.empty((num, self._vocab), np.float32)
        after = NativeState(np.empty((num, self._row), np.float32))
        bad = self._call(
            self._net_address, threads, pieces, num_states, num, state.address, _address(parents_R),
            _address(tokens_R), after.address, _address(log_probs_RV), scratch[1],
            scratch[1] + 4 * room,
        )  # fmt: skip
        self._spare.append(scratch)
        if bad:
            raise IndexError(
                f"a parent outside {num_states} rows or a token outside the vocabulary"
            )
        return log_probs_RV, after

    def features(self, state: NativeState) -> Floats:
        """See `Stepper`; a copy."""
        return state.rows_RS[:, self._features :][:, : self._hidden].copy()

    def select(self, state: NativeState, rows_R: Rows) -> NativeState:
        """See `Stepper`."""
        return NativeState(state.rows_RS[rows_R])

    def join(self, states: Sequence[NativeState]) -> NativeState:
        """See `Stepper`."""
        return NativeState(np.concatenate([state.rows_RS for state in states]))

    def adopt(self, model_state: cells.State, features_BF: Tensor) -> NativeState:
        """See `Stepper`; a copy."""
        rows_BS = np.zeros((len(features_BF), self._row), np.float32)
        parts = [part for layer in model_state for part in layer]
        if self._is_residual:
            parts.append(features_BF)
        for number, part in enumerate(parts):
            start = number * self._units
            rows_BS[:, start : start + self._hidden] = part.detach().numpy()
        return NativeState(rows_BS)

    def _keep(self, array: F32) -> int:
        """Hold an aligned copy as long as the stepper lives; return its address."""
        room = np.empty(array.size + ALIGNMENT // 4, np.float32)
        skipped = -_address(room) % ALIGNMENT // 4
        room[skipped : skipped + array.size] = array.ravel()
        self._kept.append(room)
        return _address(room) + 4 * skipped

    def _take(self, num_floats: int) -> tuple[F32, int]:
        """Return room for so many numbers, and its address."""
        try:
            spare = self._spare.pop()
        except IndexError:
            spare = None
        if spare is None or len(spare[0]) < num_floats:
            room = np.empty(num_floats, np.float32)
            spare = room, _address(room)
        return spare


def _address(array: NDArray[Any]) -> int:
    """Return where a contiguous and writeable array stands.

    A fifth of the time of numpy's `array.ctypes.data`: five of those would be a quarter of a step.
    """
    return ctypes.addressof(_NOTHING.from_buffer(array))  # type: ignore[arg-type]


def _indices(ids: Rows) -> NDArray[np.int64]:
    """Return contiguous ids whose address can be had: not those of a read-only array."""
    ids = np.ascontiguousarray(ids, np.int64)
    return ids if ids.flags.writeable else ids.copy()


def _padded(size: int, multiple: int) -> int:
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
