"""Layers on our kernels: parity with the equations, in values and gradients, and bit-identity.

`python -m tests.soak.native` compares them over random shapes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from rnnlab import native
from rnnlab.base.errors import BadInputError
from rnnlab.cells import Lookup, RecurrentStack
from rnnlab.cells.gru import GRU
from tests.toys.cases import case
from tests.toys.parity import largest_error, make_stack, results, sensitivity
from tests.toys.steppers import needs_native

pytestmark = needs_native
CELLS = (*native.SEQUENCE_CELLS, *native.SCAN_CELLS)
CLOSE = 1e-5
"""Relative to the largest value of a tensor: float32 keeps 6e-8, and sums have up to 900 terms."""
ENLARGING = frozenset({"lstm-layernorm"})
ROUNDINGS = 8
"""Maximum error of a cell in ENLARGING, as a multiple of what one rounding of every weight changes.
A normalisation of almost equal values multiplies each rounding of a step by up to 316."""
SHAPES = [
    # B, T, H, layers: at the edges of vectors (4, 8, 16), tiles (6, 12 rows) and pieces (48 rows)
    (1, 1, 1, 1), (5, 3, 7, 2), (7, 2, 17, 3), (12, 4, 16, 1), (13, 5, 33, 1), (49, 2, 32, 1),
    (97, 2, 12, 1),
]  # fmt: skip


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Restore the number of threads of the kernels."""
    yield
    native.set_num_threads(None)


def is_close(
    cell: str, sizes: tuple[int, int, int], x: Tensor | Lookup, lengths_B: Tensor | None = None,
    **settings: bool,
) -> bool:  # fmt: skip
    """Return whether layers of these inputs, units and depth have the error of float32 only."""
    found = largest_error(make_stack(cell, *sizes, **settings), x, lengths_B)
    if found < CLOSE:
        return True
    again = make_stack(cell, *sizes, **settings)
    return cell in ENLARGING and found < ROUNDINGS * sensitivity(again, x, lengths_B)


@pytest.mark.parametrize("cell", CELLS)
def test_values_and_gradients_are_those_of_the_equations(cell: str) -> None:
    for number, (batch, steps, hidden, layers) in enumerate(SHAPES):
        with case(batch=batch, steps=steps, hidden=hidden, layers=layers):
            random = torch.Generator().manual_seed(number)
            x = torch.randn(batch, steps, 5, generator=random).requires_grad_()
            assert is_close(cell, (5, hidden, layers), x)


@pytest.mark.parametrize("cell", CELLS)
def test_so_they_are_for_ids_one_hot_residual_layers_and_padded_documents(cell: str) -> None:
    random = torch.Generator().manual_seed(3)
    tokens_BT = torch.randint(6, (8, 7), generator=random)
    vectors = torch.randn(6, 4, generator=random).requires_grad_()
    many = torch.randn(90, 4, generator=random).requires_grad_()
    lengths_B = torch.randint(1, 8, (8,), generator=random)
    assert is_close(cell, (4, 9, 2), Lookup(tokens_BT, vectors), residual=True)
    assert is_close(cell, (4, 9, 1), Lookup(tokens_BT, many))
    assert is_close(cell, (6, 16, 1), Lookup(tokens_BT, None))
    assert is_close(cell, (4, 9, 2), Lookup(tokens_BT, vectors), lengths_B, bidirectional=True)


@pytest.mark.parametrize("cell", CELLS)
def test_the_number_of_threads_changes_no_bit(cell: str) -> None:
    random = torch.Generator().manual_seed(5)
    tokens_BT = torch.randint(20, (53, 6), generator=random)
    vectors = torch.randn(20, 7, generator=random).requires_grad_()
    found = []
    for threads in (1, 2, 3, 7):
        native.set_num_threads(threads)
        found.append(results(make_stack(cell, 7, 70, 2), Lookup(tokens_BT, vectors)))
    for others in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], others, strict=True))


def test_dropout_of_recurrent_weights_and_inputs_reaches_their_gradients() -> None:
    x = torch.randn(9, 5, 4, generator=torch.Generator().manual_seed(1))
    grads = []
    for engine in ("native", "equations"):
        stack = make_stack(
            "lstm", 4, 11, 2, recurrent_dropout=0.5, dropout=0.5, variational=True, engine=engine
        )
        generator = torch.Generator().manual_seed(2)
        y, _ = stack(x, stack.start_state(9), generator)
        grads.append(torch.autograd.grad(y.sum(), list(stack.parameters())))
    for ours, theirs in zip(*grads, strict=True):
        assert (ours - theirs).abs().max() <= 1e-5 * theirs.abs().max()


@pytest.mark.parametrize("cell", native.SCAN_CELLS)
def test_gates_that_underflow_in_a_scan_are_those_of_the_equations(cell: str) -> None:
    x = torch.tensor([-300.0, -95.0, -88.0, 0.0, 88.0, 95.0, 300.0]).repeat(3, 2, 1)
    stack = make_stack(cell, 7, 21, 1)
    with torch.no_grad():  # every pair of gates gets a pair of the values above
        stack.weights(0).weight_ih.zero_()[:, :].copy_(
            torch.nn.functional.one_hot(torch.arange(len(stack.weights(0).bias_ih)) % 7, 7)
        )
        stack.weights(0).weight_ih[:21] = stack.weights(0).weight_ih[:21].roll(1, 0)
    x = x * torch.tensor([1.0, -1.0, 0.5])[:, None, None]
    assert largest_error(stack, x.requires_grad_()) < CLOSE


def test_a_graph_is_differentiated_once() -> None:
    x = torch.randn(2, 3, 4)
    stack = make_stack("gru", 4, 5, 1)
    y, _ = stack(x, stack.start_state(2))
    y.sum().backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="only once"):
        y.sum().backward()


def test_an_id_beyond_the_table_is_an_error() -> None:
    stack = make_stack("rnn", 3, 5, 1)
    for token in (-1, 3):
        with pytest.raises(IndexError, match="3 rows"):
            stack(Lookup(torch.full((2, 3), token), torch.zeros(3, 3)), stack.start_state(2))


def test_without_kernels_auto_uses_torch_and_native_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RNNLAB_NATIVE", "0")
    x = torch.randn(2, 3, 4)
    stack = make_stack("lstm", 4, 5, 1, engine="auto")
    assert not stack.is_native
    assert stack(x, stack.start_state(2))[0].shape == (2, 3, 5)
    with pytest.raises(BadInputError, match="RNNLAB_NATIVE=0"):
        make_stack("lstm", 4, 5, 1)


class OwnGRU(GRU):
    """A cell that may have equations of its own."""


def test_other_cells_and_number_formats_run_on_torch() -> None:
    own = RecurrentStack(OwnGRU(), 4, 5, 1, generator=torch.Generator())
    assert not own.is_native
    assert not make_stack("lstm", 4, 5, 1, engine="auto").double().is_native
    assert make_stack("lstm", 4, 5, 1, engine="auto").is_native
    with torch.autocast("cpu", torch.bfloat16):
        assert not make_stack("lstm", 4, 5, 1, engine="auto").is_native


def test_an_explicit_native_engine_needs_a_cell_with_kernels() -> None:
    with pytest.raises(BadInputError, match="a cell of rnn, rnn-relu, rnn-sigmoid, gru, lstm, "):
        RecurrentStack(OwnGRU(), 4, 5, 1, engine="native", generator=torch.Generator())
    stack = make_stack("gru", 4, 5, 1).double()
    with pytest.raises(BadInputError, match="float32"):
        stack(torch.randn(1, 2, 4).double(), stack.start_state(1))
