"""The native engine over whole sequences: layers, head and pooling on the kernels in C.

Shapes: B sequences, T steps, H hidden units, G rows of the stacked gates, F features (inputs of the
head), C outputs of the head, N rows.
"""

from __future__ import annotations

import ctypes
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.inference.network import Network
from rnnlab.native import PackedHead, PackedLayer, kernels_of

F32 = NDArray[np.float32]
Ids = NDArray[np.int64]


class LayerState(NamedTuple):
    """State of one direction of a layer."""

    h_BH: F32
    c_BH: F32 | None
    """None for a cell without c."""


State = tuple[LayerState, ...]
"""States of all layers and directions: l0, l0_reverse, l1, ..."""


class _Direction:
    """The weights of one direction of a layer, each packed at its first use."""

    def __init__(self, network: Network, library: ctypes.CDLL, number: int, suffix: str) -> None:
        self.suffix = suffix
        self.weights = network.layer(number, suffix)
        self._kernels = kernels = kernels_of(library)
        self.recurrent = PackedLayer(
            kernels, library, network.cell, self.weights.weight_hh, self.weights.bias_hh
        )

    @cached_property
    def _panels(self) -> F32:
        weight_GI = np.ascontiguousarray(self.weights.weight_ih)
        return self._kernels.pack(weight_GI, is_transposed=True)

    def project(self, x: F32) -> F32:
        """Return the input term [..., G] of inputs [..., I]."""
        rows_NI = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
        y_NG = self._kernels.multiply(rows_NI, self._panels, self.weights.bias_ih)
        return y_NG.reshape(*x.shape[:-1], -1)


class Reader:
    """A network with packed weights; calls may come from several threads at once.

    The number of threads never changes a bit of a result; for a language model, neither do the
    other rows of a call, nor the division of a sequence into calls.
    """

    def __init__(self, network: Network, library: ctypes.CDLL) -> None:
        self._network, kernels = network, kernels_of(library)
        self._layers = [
            [_Direction(network, library, number, suffix) for suffix in network.suffixes]
            for number in range(network.num_layers)
        ]
        if network.config.task != "classify":
            network.table()  # so that the results do not depend on the number of tokens in a call
        self._head = PackedHead(kernels, library, *network.head)

    def begin(self, batch: int) -> State:
        """Return the state of `batch` rows before the first token, of every direction."""
        network = self._network
        states = []
        for number in range(network.num_layers):
            for suffix in network.suffixes:
                h_BH = np.zeros((batch, network.hidden), np.float32)
                if (start_H := network.layer(number, suffix).start) is not None:
                    h_BH[:] = start_H
                states.append(LayerState(h_BH, h_BH if network.num_states == 2 else None))
        return tuple(states)

    def read(self, tokens_BT: Ids, state: State, lengths_B: Ids | None = None) -> tuple[F32, State]:
        """Return the features [B, T, F] after every token, and the state after T of them.

        lengths_B: number of tokens of each row before its padding (None: no padding). The reverse
        direction begins at the last of them. Features at padding and the last state of a padded row
        are undefined. Raises IndexError for a token that is not in the vocabulary.
        """
        tokens_BT = np.ascontiguousarray(tokens_BT, np.int64)
        _check(tokens_BT, self._network.vocab_size)
        if tokens_BT.shape[1] == 0:
            return np.zeros((len(tokens_BT), 0, self._network.num_features), np.float32), state
        x_BTF: F32 | None = None
        last: list[LayerState] = []
        for number in range(len(self._layers)):
            outputs = []
            for is_reverse, direction in enumerate(self._layers[number]):
                order = _mirrored(tokens_BT.shape, lengths_B) if is_reverse else None
                x = x_BTF if order is None or x_BTF is None else _take(x_BTF, order)
                ids = tokens_BT if order is None else _take(tokens_BT, order)
                y_BTH, after = self._run(direction, x, ids, state[len(last)])
                outputs.append(y_BTH if order is None else _take(y_BTH, order))
                last.append(after)
            y_BTF = outputs[0] if len(outputs) == 1 else np.concatenate(outputs, axis=2)
            x_BTF = y_BTF + x_BTF if self._network.is_residual and x_BTF is not None else y_BTF
        assert x_BTF is not None
        return x_BTF, tuple(last)

    def log_probs(self, features_NF: F32) -> F32:
        """Return the log-probs [N, C] of all outputs in nats."""
        return self._head.log_probs(features_NF)

    def losses(self, features_NF: F32, targets_N: Ids) -> tuple[F32, Ids]:
        """Return the loss of each target in nats, 0 if it is negative, and the best outputs [N]."""
        return self._head.losses(features_NF, targets_N)

    def _run(
        self, direction: _Direction, x_BTI: F32 | None, tokens_BT: Ids, state: LayerState
    ) -> tuple[F32, LayerState]:
        """Return the outputs [B, T, H] of one direction of a layer, and its last state.

        x_BTI: inputs; None in the first layer, which reads tokens.
        """
        network = self._network
        ids: Ids | None = None
        if x_BTI is not None:
            input_term = direction.project(x_BTI)
        elif network.has_table(direction.suffix) or network.vocab_size <= tokens_BT.size:
            input_term, ids = network.table(direction.suffix), tokens_BT
        elif network.vectors is not None:
            input_term = direction.project(network.vectors[tokens_BT])
        else:
            weights = direction.weights
            input_term = weights.weight_ih.T[tokens_BT] + weights.bias_ih
        output = direction.recurrent.read(input_term, ids, *state)
        return output.y_BTH, LayerState(output.h_BH, output.c_BH)


def _check(tokens_BT: Ids, vocab_size: int) -> None:
    if tokens_BT.size and not 0 <= int(tokens_BT.min()) <= int(tokens_BT.max()) < vocab_size:
        raise IndexError(f"a token is not among the {vocab_size} of the vocabulary")


def _mirrored(shape: tuple[int, ...], lengths_B: Ids | None) -> Ids:
    """Return the index [B, T] of each step in reverse order; padding keeps its place."""
    batch, steps = shape
    steps_T = np.arange(steps)
    lengths = np.full(batch, steps) if lengths_B is None else lengths_B
    mirrored_BT = lengths[:, None] - 1 - steps_T
    return np.where(mirrored_BT >= 0, mirrored_BT, steps_T)


def _take(values: Any, order_BT: Ids) -> Any:
    """Return the steps of values [B, T, ...] in the order of their indices [B, T]."""
    return values[np.arange(len(order_BT))[:, None], order_BT]
