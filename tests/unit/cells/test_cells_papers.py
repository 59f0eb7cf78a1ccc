"""The cells that torch.nn does not have, against a slow implementation of their papers in numpy.

Shapes: T steps, I inputs, H hidden units; one row at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rnnlab.base import registry
from rnnlab.cells import RecurrentStack
from tests.toys.cases import case
from tests.toys.numeric import assert_close

if TYPE_CHECKING:
    from rnnlab.cells import Engine

Array = NDArray[np.float64]
B, T, I, H = 3, 7, 4, 5  # noqa: E741


class Read(NamedTuple):
    """The weights and inputs of a paper's equations."""

    w: dict[str, Array]
    """Parameters of one layer by name."""
    gates: str
    """Letters in the order in which the rows are stacked."""

    def part(self, name: str, gate: str) -> Array:
        """One gate's rows of a stacked parameter."""
        return np.split(self.w[name], len(self.gates))[self.gates.index(gate)]

    def seen(self, gate: str, x: Array, h: Array) -> Array:
        """Return W x + b + U h + b', the argument of a gate."""
        from_x = self.part("weight_ih", gate) @ x + self.part("bias_ih", gate)
        return from_x + self.part("weight_hh", gate) @ h + self.part("bias_hh", gate)

    def of_input(self, gate: str, x: Array) -> Array:
        return self.part("weight_ih", gate) @ x + self.part("bias_ih", gate)


def sigmoid(a: Array) -> Array:
    return np.array([1 / (1 + np.exp(-v)) for v in a])


def positive(a: Array) -> Array:
    """g of Feng et al. (2024)."""
    return np.array([v + 0.5 if v >= 0 else 1 / (1 + np.exp(-v)) for v in a])


def normalised(a: Array) -> Array:
    """Equations 3 and 4 of Ba, Kiros and Hinton (2016), before gain and bias."""
    mean = sum(a) / len(a)
    variance = sum((v - mean) ** 2 for v in a) / len(a)
    return np.array([(v - mean) / np.sqrt(variance + 1e-5) for v in a])


def mikolov_2010(read: Read, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    return sigmoid(read.seen("h", x, h)), c


def cho_2014(read: Read, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    r, z = (sigmoid(read.seen(gate, x, h)) for gate in "rz")
    candidate = np.tanh(read.seen("n", x, r * h))
    return z * h + (1 - z) * candidate, c


def graves_2013(read: Read, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    i = sigmoid(read.seen("i", x, h) + read.w["peephole_i"] * c)
    f = sigmoid(read.seen("f", x, h) + read.w["peephole_f"] * c)
    c = f * c + i * np.tanh(read.seen("g", x, h))
    o = sigmoid(read.seen("o", x, h) + read.w["peephole_o"] * c)
    return o * np.tanh(c), c


def greff_2017(read: Read, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    f, o = (sigmoid(read.seen(gate, x, h)) for gate in "fo")
    c = f * c + (1 - f) * np.tanh(read.seen("g", x, h))
    return o * np.tanh(c), c


def ba_2016(read: Read, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    w = read.w
    from_h = w["gain_hh"] * normalised(w["weight_hh"] @ h)
    from_x = w["gain_ih"] * normalised(w["weight_ih"] @ x)
    i, f, g, o = np.split(from_h + from_x + w["bias_ih"], 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(w["gain_c"] * normalised(c) + w["bias_c"]), c


def feng_2024_gru(read: Read, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    z = sigmoid(read.of_input("z", x))
    return (1 - z) * h + z * positive(read.of_input("n", x)), c


def feng_2024_lstm(read: Read, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    f, i = (sigmoid(read.of_input(gate, x)) for gate in "fi")
    return f / (f + i) * h + i / (f + i) * positive(read.of_input("n", x)), c


PAPERS: dict[str, Callable[[Read, Array, Array, Array], tuple[Array, Array]]] = {
    "rnn-sigmoid": mikolov_2010,
    "gru-cho": cho_2014,
    "lstm-peephole": graves_2013,
    "lstm-coupled": greff_2017,
    "lstm-layernorm": ba_2016,
    "mingru": feng_2024_gru,
    "minlstm": feng_2024_lstm,
}


@pytest.mark.parametrize("name", PAPERS)
def test_a_cell_computes_its_papers_equations(name: str) -> None:
    engines: tuple[Engine, ...] = ("equations", "auto")
    for engine in engines:
        with case(engine=engine):
            check_equations(name, engine)


def check_equations(name: str, engine: Engine) -> None:
    """Compare an engine with the paper, row by row.

    Each of T steps sums I + H products and passes the errors of the step before on, enlarged by its
    weights: hence 1,000 units in the last place instead of a few.
    """
    cell = registry.load("cells", name).CELL
    random = torch.Generator().manual_seed(3)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, dtype=torch.float64, generator=random) * 3 - 1.5

    stack = RecurrentStack(cell, I, H, 1, engine=engine, generator=random).double()
    stack.load_state_dict({key: drawn(*value.shape) for key, value in stack.state_dict().items()})
    x_BTI, state = drawn(B, T, I), (tuple(drawn(B, H) for _ in range(cell.num_states)),)
    with torch.no_grad():
        y_BTH, ((*parts,),) = stack(x_BTI, state)

    weights = {key.removesuffix("_l0"): value.numpy() for key, value in stack.state_dict().items()}
    read = Read(weights, "".join(cell.gates))
    for row in range(B):
        h, c = state[0][0][row].numpy(), state[0][-1][row].numpy()
        expected: list[Any] = []
        for x in x_BTI[row].numpy():
            h, c = PAPERS[name](read, x, h, c)
            expected.append(h)
        assert_close(y_BTH[row], expected, terms=T * (I + H), ulps=1000)
        for part, last in zip(parts, (h, c), strict=False):
            assert_close(part[row], last, terms=T * (I + H), ulps=1000)


@pytest.mark.parametrize("name", registry.names("cells"))
def test_every_cell_is_tested_against_its_paper_or_torch(name: str) -> None:
    assert name in PAPERS or name in {"rnn", "rnn-relu", "gru", "lstm"}
