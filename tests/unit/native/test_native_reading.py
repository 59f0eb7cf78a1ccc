"""Packed layers over whole sequences, and packed heads: the published equations, for any threads.

Shapes: B sequences, T steps, H hidden units, G rows of the stacked gates, V tokens or outputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from rnnlab import native
from rnnlab.native import CELLS, NUM_GATES, NUM_STATES, PackedHead, PackedLayer, kernels_of
from tests.toys.numeric import assert_close
from tests.toys.steppers import needs_native

pytestmark = needs_native

T, V = 12, 7
SIZES = (1, 5, 16, 33, 70)


@pytest.fixture(autouse=True)
def any_threads() -> Iterator[None]:
    """Restore the number of threads."""
    yield
    native.set_num_threads(None)


def library() -> Any:
    loaded = native.load_library().library
    assert loaded is not None
    return loaded


class Layer:
    """Random weights of a layer, and a table of input terms."""

    def __init__(self, cell: str, hidden: int) -> None:
        random = np.random.default_rng([CELLS.index(cell), hidden])
        rows = NUM_GATES[CELLS.index(cell)] * hidden

        def draw(*shape: int) -> Any:
            return random.uniform(-1, 1, shape).astype(np.float32)

        self.cell, self.hidden = cell, hidden
        self.weight_GH, self.bias_G = draw(rows, hidden) * np.float32(hidden**-0.5), draw(rows)
        self.table_VG = draw(V, rows)
        self.tokens_3T = random.integers(0, V, (3, T))
        self.h0_3H = draw(3, hidden)
        has_c = NUM_STATES[CELLS.index(cell)] == 2
        self.c0_3H = draw(3, hidden) if has_c else None
        self.packed = PackedLayer(
            kernels_of(library()), library(), cell, self.weight_GH, self.bias_G, 1
        )

    def read(self, rows: slice, steps: slice = slice(None), before: Any = None) -> Any:
        """Read some rows from their initial state, or from the state of an output."""
        state = (self.h0_3H[rows], None if self.c0_3H is None else self.c0_3H[rows])
        return self.packed.read(
            self.table_VG, self.tokens_3T[rows, steps], *(state if before is None else before[1:])
        )

    def expected(self, row: int) -> Any:
        """The outputs of a row by the equations, in double precision."""

        def sigmoid(x: Any) -> Any:
            return 1 / (1 + np.exp(-x))

        weight, bias = self.weight_GH.astype(np.float64), self.bias_G.astype(np.float64)
        h = self.h0_3H[row].astype(np.float64)
        c = np.zeros(1) if self.c0_3H is None else self.c0_3H[row].astype(np.float64)
        outputs = []
        for token in self.tokens_3T[row]:
            x, a = self.table_VG[token].astype(np.float64), weight @ h + bias
            if self.cell == "lstm":
                i, f, g, o = np.split(x + a, 4)
                c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                h = sigmoid(o) * np.tanh(c)
            elif self.cell == "gru":
                (x_r, x_z, x_n), (a_r, a_z, a_n) = np.split(x, 3), np.split(a, 3)
                z, n = sigmoid(x_z + a_z), np.tanh(x_n + sigmoid(x_r + a_r) * a_n)
                h = (1 - z) * n + z * h
            else:
                squash: dict[str, Any] = {"rnn": np.tanh, "rnn-sigmoid": sigmoid}
                h = squash.get(self.cell, lambda sums: np.maximum(sums, 0))(x + a)
            outputs.append(h)
        return np.stack(outputs)


@pytest.mark.parametrize("cell", CELLS)
def test_one_sequence_has_the_same_bits_for_any_threads_and_beside_others(cell: str) -> None:
    for hidden in SIZES:
        layer = Layer(cell, hidden)
        native.set_num_threads(1)
        alone = layer.read(slice(0, 1))
        assert_close(alone.y_BTH[0], layer.expected(0), terms=T * (hidden + 4), dtype=np.float32)
        others = [layer.read(slice(0, 3))]
        for threads in (2, 3, 40):
            native.set_num_threads(threads)
            others.append(layer.read(slice(0, 1)))
        for other in others:
            assert np.array_equal(other.y_BTH[0], alone.y_BTH[0]), hidden
            assert np.array_equal(other.h_BH[0], alone.h_BH[0]), hidden
            assert (alone.c_BH is None) == (other.c_BH is None)
            assert alone.c_BH is None or np.array_equal(other.c_BH[0], alone.c_BH[0]), hidden


@pytest.mark.parametrize("cell", CELLS)
def test_a_sequence_in_parts_has_the_same_bits(cell: str) -> None:
    layer = Layer(cell, 33)
    native.set_num_threads(2)
    for rows in (slice(1, 2), slice(0, 3)):
        whole = layer.read(rows)
        first = layer.read(rows, slice(0, 5))
        second = layer.read(rows, slice(5, T), first)
        assert np.array_equal(np.concatenate([first.y_BTH, second.y_BTH], 1), whole.y_BTH)
        assert np.array_equal(second.h_BH, whole.h_BH)


def test_a_head_gives_log_probs_losses_and_the_best_outputs() -> None:
    random = np.random.default_rng(4)
    for num, inputs, outputs in ((1, 3, 2), (50, 17, 40), (101, 8, 300)):
        x_NK, weight_VK, bias_V = (
            random.uniform(-2, 2, shape).astype(np.float32)
            for shape in ((num, inputs), (outputs, inputs), (outputs,))
        )
        head = PackedHead(kernels_of(library()), library(), weight_VK, bias_V)
        logits = x_NK.astype(np.float64) @ weight_VK.T.astype(np.float64) + bias_V
        wide = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        log_probs_NV = head.log_probs(x_NK)
        assert_close(log_probs_NV, wide, terms=inputs + 6, dtype=np.float32)
        targets_N = random.integers(-1, outputs, num)
        losses_N, best_N = head.losses(x_NK, targets_N)
        expected_N = np.where(targets_N < 0, 0.0, -log_probs_NV[np.arange(num), targets_N])
        assert np.array_equal(losses_N, expected_N.astype(np.float32))
        assert np.array_equal(best_N, log_probs_NV.argmax(1))
        with pytest.raises(IndexError, match=f"{outputs} outputs"):
            head.losses(x_NK, np.full(num, outputs))
