"""Bidirectional stacks: torch.nn's values at real steps, for any padding.

Shapes: B sequences, T steps, I inputs, H hidden units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnlab.base import registry
from rnnlab.cells import Cell, RecurrentStack, State
from tests.toys.cases import case
from tests.toys.numeric import assert_close

if TYPE_CHECKING:
    from rnnlab.cells import Engine

B, T, I, H = 4, 6, 3, 5  # noqa: E741
CELLS = registry.names("cells")
ENGINES: tuple[Engine, ...] = ("equations", "auto")
LENGTHS_B = torch.tensor([4, 6, 1, 3])
IS_REAL_BT = torch.arange(T) < LENGTHS_B[:, None]
TORCHS_OWN: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def make_stack(
    name: str, engine: Engine = "auto", num_layers: int = 2, *, residual: bool = False
) -> RecurrentStack:
    cell: Cell[Any] = registry.load("cells", name).CELL
    random = torch.Generator().manual_seed(1)
    return RecurrentStack(
        cell, I, H, num_layers,
        bidirectional=True, residual=residual, engine=engine, generator=random,
    ).double().eval()  # fmt: skip


def make_case(stack: RecurrentStack, seed: int = 2) -> tuple[Tensor, State]:
    """Return inputs [B, T, I] and a random start state."""
    random = torch.Generator().manual_seed(seed)
    x_BTI = torch.randn(B, T, I, dtype=torch.float64, generator=random)
    state = tuple(
        tuple(torch.rand(B, H, dtype=torch.float64, generator=random) for _ in layer)
        for layer in stack.start_state(B)
    )
    return x_BTI, state


def assert_all_close(result: Sequence[Tensor], expected: Sequence[Tensor]) -> None:
    """Compare tensors pairwise.

    Each of T steps sums products with the 2H outputs of the layer below and with the last state,
    and passes the errors of the step before on, enlarged by its weights: hence 1,000 units in the
    last place instead of a few.
    """
    for one, other in zip(result, expected, strict=True):
        assert_close(one.detach(), other.detach(), terms=T * 3 * H, ulps=1000)


def torchs(name: str, stack: RecurrentStack) -> nn.RNNBase:
    module = TORCHS_OWN[name](
        I, H, stack.num_layers, batch_first=True, bidirectional=True, dtype=torch.float64
    )
    module.load_state_dict(stack.state_dict(), strict=True)
    return module


def torchs_state(state: State) -> Any:
    parts = [torch.stack(layers) for layers in zip(*state, strict=True)]
    return parts[0] if len(parts) == 1 else tuple(parts)


@pytest.mark.parametrize("name", TORCHS_OWN)
def test_values_and_gradients_are_those_of_torch_on_a_packed_sequence(name: str) -> None:
    for engine, num_layers in product(ENGINES, (1, 3)):
        with case(engine=engine, num_layers=num_layers):
            check_packed(name, engine, num_layers)


def check_packed(name: str, engine: Engine, num_layers: int) -> None:
    stack = make_stack(name, engine, num_layers)
    theirs = torchs(name, stack)
    x_BTI, state = make_case(stack)
    packed = pack_padded_sequence(x_BTI, LENGTHS_B, batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(
        theirs(packed, torchs_state(state))[0], batch_first=True, total_length=T
    )
    result, _ = stack(x_BTI, state, None, LENGTHS_B)
    assert result.shape == (B, T, stack.output_size) == (B, T, 2 * H)
    assert_all_close([result[IS_REAL_BT]], [expected[IS_REAL_BT]])

    random = torch.Generator().manual_seed(3)
    weigh = torch.randn(B, T, 2 * H, dtype=torch.float64, generator=random) * IS_REAL_BT[..., None]
    mine = torch.autograd.grad((result * weigh).sum(), list(stack.parameters()))
    named = dict(theirs.named_parameters())
    keys = [key for key, _ in stack.named_parameters()]
    of_torch = torch.autograd.grad((expected * weigh).sum(), [named[key] for key in keys])
    assert_all_close(mine, of_torch)


@pytest.mark.parametrize("name", TORCHS_OWN)
def test_without_lengths_values_and_the_last_state_are_torchs(name: str) -> None:
    stack = make_stack(name)
    x_BTI, state = make_case(stack)
    expected, expected_last = torchs(name, stack)(x_BTI, torchs_state(state))
    result, last = stack(x_BTI, state)
    parts = [torch.stack(layers) for layers in zip(*last, strict=True)]
    expected_parts = expected_last if isinstance(expected_last, tuple) else (expected_last,)
    assert_all_close([result, *parts], [expected, *expected_parts])


@pytest.mark.parametrize("name", CELLS)
def test_no_output_at_a_real_step_depends_on_the_padding(name: str) -> None:
    for engine, residual in product(ENGINES, (False, True)):
        with case(engine=engine, residual=residual):
            check_padding(name, engine, residual)


def check_padding(name: str, engine: Engine, residual: bool) -> None:
    stack = make_stack(name, engine, residual=residual)
    x_BTI, state = make_case(stack)
    other_BTI = torch.where(IS_REAL_BT[..., None], x_BTI, 1e3)
    x_BTI.requires_grad_()
    result, _ = stack(x_BTI, state, None, LENGTHS_B)
    changed, _ = stack(other_BTI, state, None, LENGTHS_B)
    # Exact: the same operations on tensors of the same shape.
    assert torch.equal(changed[IS_REAL_BT], result[IS_REAL_BT])
    (gradient_BTI,) = torch.autograd.grad(result[IS_REAL_BT].sum(), [x_BTI])
    assert not gradient_BTI[~IS_REAL_BT].any()
    assert gradient_BTI[IS_REAL_BT].abs().amax(-1).min() > 0


@pytest.mark.parametrize("name", CELLS)
def test_a_padded_row_has_the_outputs_of_the_row_alone(name: str) -> None:
    stack = make_stack(name)
    x_BTI, state = make_case(stack)
    result, _ = stack(x_BTI, state, None, LENGTHS_B)
    for row, length in enumerate(LENGTHS_B.tolist()):
        own_state = tuple(tuple(part[row : row + 1] for part in layer) for layer in state)
        alone, _ = stack(x_BTI[row : row + 1, :length], own_state)
        with case(row=row):
            assert_all_close([result[row, :length]], [alone[0]])


@pytest.mark.parametrize("name", CELLS)
def test_full_lengths_are_equivalent_to_none(name: str) -> None:
    stack = make_stack(name)
    x_BTI, state = make_case(stack)
    (result, last), (expected, expected_last) = (
        stack(x_BTI, state, None, torch.full((B,), T)),
        stack(x_BTI, state),
    )
    # Exact: the same operations on tensors of the same shape.
    assert torch.equal(result, expected)
    for parts in zip(last, expected_last, strict=True):
        assert all(map(torch.equal, *parts))


def test_a_residual_sum_does_not_mix_the_directions() -> None:
    stack, plain = make_stack("gru", residual=True), make_stack("gru")
    below = make_stack("gru", num_layers=1)
    below.load_state_dict({k: v for k, v in stack.state_dict().items() if "_l0" in k})
    x_BTI, state = make_case(stack)
    result, _ = stack(x_BTI, state, None, LENGTHS_B)
    top, _ = plain(x_BTI, state, None, LENGTHS_B)
    first, _ = below(x_BTI, state[:2], None, LENGTHS_B)
    assert_all_close([result], [top + first])


def test_a_bidirectional_stack_has_no_single_steps() -> None:
    stack = make_stack("lstm")
    x_BTI, state = make_case(stack)
    with pytest.raises(TypeError, match="whole sequences"):
        stack.step(x_BTI[:, 0], state)


@pytest.mark.parametrize("name", CELLS)
def test_every_direction_has_its_own_state_and_weights(name: str) -> None:
    stack = make_stack(name)
    assert len(stack.start_state(B)) == 4
    forward, reverse = stack.weights(1), stack.weights(1, reverse=True)
    assert forward.weight_ih.shape == reverse.weight_ih.shape
    assert forward.weight_ih.shape[1] == 2 * H
    assert not torch.equal(forward.weight_ih, reverse.weight_ih)
