"""Layers on our kernels: parity with the equations, in values and gradients, and bit-identity.

The equations run in float64, so that a difference is the rounding of the kernels alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from rnnlab import native
from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.cells import Lookup, RecurrentStack
from tests.toys.cases import case
from tests.toys.steppers import NATIVE_CELLS, needs_native

pytestmark = needs_native
CLOSE = 1e-5
"""Relative to the largest value of a tensor: float32 keeps 6e-8, and sums have up to 900 terms."""
SHAPES = [
    # B, T, H, layers: at the edges of vectors (4, 8, 16), tiles (6, 12 rows) and pieces (48 rows)
    (1, 1, 1, 1), (1, 30, 8, 1), (5, 3, 7, 2), (6, 9, 16, 1), (7, 2, 17, 3), (12, 4, 31, 1),
    (13, 5, 33, 2), (47, 2, 15, 1), (48, 3, 9, 1), (49, 2, 32, 1), (97, 2, 12, 2),
]  # fmt: skip


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Restore the number of threads of the kernels."""
    yield
    native.set_num_threads(None)


def make_stack(cell: str, inputs: int, hidden: int, layers: int, **settings: Any) -> RecurrentStack:
    generator = torch.Generator().manual_seed(7)
    values = {"engine": "native", "generator": generator, **settings}
    return RecurrentStack(registry.load("cells", cell).CELL, inputs, hidden, layers, **values)


def results(
    stack: RecurrentStack, x: Tensor | Lookup, lengths_B: Tensor | None = None
) -> list[Tensor]:
    """Return outputs, last state and all gradients of a random weighting of both."""
    dtype = stack.weights(0).weight_ih.dtype
    tensor = x if isinstance(x, Tensor) else x.tokens_BT
    state = stack.start_state(len(tensor))
    state = tuple(tuple(p.detach().clone().requires_grad_() for p in part) for part in state)
    y, last = stack(x, state, None, lengths_B)
    weigh = torch.Generator().manual_seed(11)
    if lengths_B is not None:
        steps_T = torch.arange(y.shape[1])
        y = y * (steps_T < lengths_B[:, None])[..., None]
        last = ()  # undefined for rows with padding
    parts = [y, *(p for part in last for p in part)]
    loss = sum((p * torch.randn(p.shape, generator=weigh).to(dtype)).sum() for p in parts)
    assert isinstance(loss, Tensor)
    learnt = [p for p in stack.parameters() if p.requires_grad]
    inputs = [x] if isinstance(x, Tensor) else [] if x.vectors_VI is None else [x.vectors_VI]
    wanted = [*inputs, *(p for part in state for p in part), *learnt]
    grads = torch.autograd.grad(loss, wanted, allow_unused=True, materialize_grads=True)
    return [p.detach() for p in parts] + list(grads)


def assert_parity(stack: RecurrentStack, x: Tensor | Lookup, lengths_B: Tensor | None) -> None:
    ours = results(stack, x, lengths_B)
    stack.double().engine = "equations"
    if isinstance(x, Tensor):
        x = x.detach().double().requires_grad_()
    elif x.vectors_VI is not None:
        x = x._replace(vectors_VI=x.vectors_VI.detach().double().requires_grad_())
    for actual, expected in zip(ours, results(stack, x, lengths_B), strict=True):
        error = (actual - expected).abs().max() / expected.abs().max().clamp(min=1e-3)
        assert error < CLOSE, actual.shape


@pytest.mark.parametrize("cell", NATIVE_CELLS)
def test_values_and_gradients_are_those_of_the_equations(cell: str) -> None:
    for number, (batch, steps, hidden, layers) in enumerate(SHAPES):
        with case(batch=batch, steps=steps, hidden=hidden, layers=layers):
            random = torch.Generator().manual_seed(number)
            x = torch.randn(batch, steps, 5, generator=random).requires_grad_()
            assert_parity(make_stack(cell, 5, hidden, layers), x, None)


@pytest.mark.parametrize("cell", NATIVE_CELLS)
def test_so_they_are_for_ids_one_hot_residual_layers_and_padded_documents(cell: str) -> None:
    random = torch.Generator().manual_seed(3)
    tokens_BT = torch.randint(6, (8, 7), generator=random)
    vectors = torch.randn(6, 4, generator=random).requires_grad_()
    many = torch.randn(90, 4, generator=random).requires_grad_()
    lengths_B = torch.randint(1, 8, (8,), generator=random)
    assert_parity(make_stack(cell, 4, 9, 2, residual=True), Lookup(tokens_BT, vectors), None)
    assert_parity(make_stack(cell, 4, 9, 1), Lookup(tokens_BT, many), None)
    assert_parity(make_stack(cell, 6, 16, 1), Lookup(tokens_BT, None), None)
    both = make_stack(cell, 4, 9, 2, bidirectional=True)
    assert_parity(both, Lookup(tokens_BT, vectors), lengths_B)


@pytest.mark.parametrize("cell", NATIVE_CELLS)
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


def test_other_cells_and_number_formats_run_on_torch() -> None:
    assert not make_stack("gru-cho", 4, 5, 1, engine="auto").is_native
    assert not make_stack("lstm", 4, 5, 1, engine="auto").double().is_native
    assert make_stack("lstm", 4, 5, 1, engine="auto").is_native
    with torch.autocast("cpu", torch.bfloat16):
        assert not make_stack("lstm", 4, 5, 1, engine="auto").is_native


def test_an_explicit_native_engine_needs_a_plain_cell() -> None:
    with pytest.raises(BadInputError, match="a cell of rnn, rnn-relu, rnn-sigmoid, gru, lstm"):
        make_stack("gru-cho", 4, 5, 1)
    stack = make_stack("gru", 4, 5, 1).double()
    with pytest.raises(BadInputError, match="float32"):
        stack(torch.randn(1, 2, 4).double(), stack.start_state(1))
