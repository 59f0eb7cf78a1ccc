"""Dropout between layers, variational dropout, and dropout of the recurrent weights.

Shapes: B sequences, T steps, I inputs, H hidden units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.cells import Cell, LayerState, RecurrentStack, Weights, dropout
from tests.toys.numeric import assert_close

if TYPE_CHECKING:
    from rnnlab.cells import Engine

CELLS = registry.names("cells")
H = 3
HH = "weight_hh_l0"


class Linear(Cell[Weights]):
    """h_t = W_ih x_t + W_hh h_{t-1}: the output shows the dropped units."""

    gates = ("h",)
    weights_type = Weights
    has_fused = False

    def step(self, x_BG: Tensor, state: LayerState, weights: Weights) -> LayerState:
        return (x_BG + state[0] @ weights.weight_hh.T,)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def cell_of(name: str) -> Cell[Any]:
    cell: Cell[Any] = registry.load("cells", name).CELL
    return cell


def has_recurrent_weights(name: str) -> bool:
    return "weight_hh" in cell_of(name).shapes(1, 1)


RECURRENT = [name for name in CELLS if has_recurrent_weights(name)]


def copying(num_layers: int, *, dropout: float, variational: bool = False) -> RecurrentStack:
    """Return a stack whose outputs [B, T, H] are its inputs, except for the dropout."""
    stack = RecurrentStack(
        Linear(), H, H, num_layers, dropout=dropout, variational=variational, generator=generator(1)
    )
    with torch.no_grad():
        for layer in range(num_layers):
            for parameter in stack.weights(layer):
                parameter.zero_()
            torch.nn.init.eye_(stack.weights(layer).weight_ih)
    return stack.train()


def test_dropout_zeroes_its_rate_and_keeps_the_mean() -> None:
    dropped = dropout(torch.ones(100, 100), 0.3, generator(1))
    # 10,000 elements: five standard deviations of the fraction are 0.023.
    assert abs(float((dropped == 0).float().mean()) - 0.3) < 0.023
    values = sorted(set(dropped.flatten().tolist()))
    assert_close(values, [0.0, 1 / 0.7], terms=1, dtype=np.float32)


def test_dropout_at_rate_zero_draws_nothing() -> None:
    random, x = generator(1), torch.ones(2, 3)
    assert dropout(x, 0.0, random) is x
    assert torch.equal(random.get_state(), generator(1).get_state())


def test_variational_dropout_is_one_mask_for_all_steps_and_another_for_each_row() -> None:
    dropped_BTF = dropout(torch.ones(4, 6, 50), 0.4, generator(1), variational=True)
    assert torch.equal(dropped_BTF, dropped_BTF[:, :1].expand(4, 6, 50))
    rows = {tuple(row.tolist()) for row in dropped_BTF[:, 0]}
    assert len(rows) == 4
    values = sorted(set(dropped_BTF.flatten().tolist()))
    assert_close(values, [0.0, 1 / 0.6], terms=1, dtype=np.float32)


def test_dropout_is_between_layers_and_not_above_the_last() -> None:
    x_BTI = torch.ones(4, 5, H)
    for num_layers, num_between in ((1, 0), (2, 1), (3, 2)):
        stack = copying(num_layers, dropout=0.5)
        trained, _ = stack(x_BTI, stack.start_state(4), generator(2))
        # A unit that no dropout removed has been doubled by each.
        assert set(trained.flatten().tolist()) == {2.0**num_between} | (
            {0.0} if num_between else set()
        )
        measured, _ = stack.eval()(x_BTI, stack.start_state(4), generator(2))
        assert torch.equal(measured, x_BTI)


def test_a_variational_stack_drops_the_same_units_at_all_steps_of_a_call() -> None:
    x_BTI = torch.ones(4, 20, H)

    def run(*, variational: bool, seed: int = 2) -> Tensor:
        stack = copying(2, dropout=0.5, variational=variational)
        y_BTH: Tensor = stack(x_BTI, stack.start_state(4), generator(seed))[0]
        return y_BTH

    kept = run(variational=True)
    assert torch.equal(kept, kept[:, :1].expand_as(kept))
    assert not torch.equal(kept, run(variational=True, seed=3))
    changing = run(variational=False)
    assert not torch.equal(changing, changing[:, :1].expand_as(changing))


def test_recurrent_dropout_is_one_scaled_mask_of_the_matrix_for_a_call() -> None:
    size, share = 100, 0.3
    stack = RecurrentStack(
        Linear(), 1, size, 1, recurrent_dropout=share, generator=generator(1)
    ).train()
    weight_HH = dict(stack.named_parameters())[HH]
    with torch.no_grad():
        for parameter in stack.weights(0):
            parameter.zero_()
        weight_HH.uniform_(0.5, 1.5, generator=generator(2))
    before = weight_HH.detach().clone()
    # Unit vectors as start states give the matrix: h_1 = M^T, h_2 = M^T M^T, ...
    with torch.no_grad():
        y_BTH, _ = stack(torch.zeros(size, 3, 1), ((torch.eye(size),),), generator(3))
    masked_HH = y_BTH[:, 0].T
    kept_HH = masked_HH != 0
    # A product with a unit vector is exact; the scaling rounds once.
    assert_close(masked_HH[kept_HH], before[kept_HH] / (1 - share), terms=1)
    # 10,000 elements: five standard deviations of the fraction are 0.023.
    assert abs(float(kept_HH.float().mean()) - (1 - share)) < 0.023
    assert_close(y_BTH[:, 1], y_BTH[:, 0] @ masked_HH.T, terms=size)
    assert_close(y_BTH[:, 2], y_BTH[:, 1] @ masked_HH.T, terms=size)
    assert torch.equal(weight_HH, before)


def run_recurrent(name: str, engine: Engine, share: float, seed: int | None = 5) -> Tensor:
    """Return the outputs with recurrent dropout, in evaluation mode if there is no seed."""
    stack = RecurrentStack(
        cell_of(name), 2, 8, 2, recurrent_dropout=share, engine=engine, generator=generator(1)
    ).double()
    x_BTI = torch.randn(3, 6, 2, dtype=torch.float64, generator=generator(2)) * 5
    state = tuple(tuple(part + 0.5 for part in layer) for layer in stack.start_state(3))
    stack.train(seed is not None)
    y_BTH: Tensor = stack(x_BTI, state, None if seed is None else generator(seed))[0]
    return y_BTH


@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_dropout_depends_on_the_generator_alone_and_not_on_the_engine(name: str) -> None:
    result = run_recurrent(name, "auto", 0.5)
    expected = run_recurrent(name, "equations", 0.5)
    # 6 steps, each a sum of 8 + 8 products that amplifies the errors of the previous step.
    assert_close(result.detach(), expected.detach(), terms=6 * 16, ulps=1000)
    # Exact: the same operations on tensors of the same shape.
    assert torch.equal(result, run_recurrent(name, "auto", 0.5))
    assert not torch.allclose(result, run_recurrent(name, "auto", 0.5, seed=6))


@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_dropout_is_off_in_evaluation(name: str) -> None:
    undropped = run_recurrent(name, "auto", 0.0)
    # Exact: the same operations on tensors of the same shape.
    assert torch.equal(run_recurrent(name, "auto", 0.5, seed=None), undropped)
    assert not torch.allclose(run_recurrent(name, "auto", 0.5), undropped)


@pytest.mark.parametrize("name", RECURRENT)
def test_gradients_pass_through_the_dropped_matrix(name: str) -> None:
    stack = RecurrentStack(
        cell_of(name), 2, 8, 1, recurrent_dropout=0.5, generator=generator(1)
    ).train()
    state = tuple(tuple(part + 0.5 for part in layer) for layer in stack.start_state(3))
    # The first unit's row of the last gate: its dropped weights get no gradient.
    y_BTH, _ = stack(torch.full((3, 1, 2), 0.3), state, generator(3))
    (gradient,) = torch.autograd.grad(y_BTH[..., 0].sum(), [dict(stack.named_parameters())[HH]])
    assert 0 < int((gradient[-8] == 0).sum()) < 8


@pytest.mark.parametrize("name", sorted(set(CELLS) - set(RECURRENT)))
def test_recurrent_dropout_is_refused_without_recurrent_weights(name: str) -> None:
    with pytest.raises(
        BadInputError, match="no recurrent weights to drop; use --recurrent-dropout 0"
    ):
        RecurrentStack(cell_of(name), 2, 3, 1, recurrent_dropout=0.1, generator=torch.Generator())


@pytest.mark.parametrize("variational", [False, True])
def test_dropout_does_not_use_torchs_global_generator(variational: bool) -> None:
    stack = RecurrentStack(
        cell_of("lstm"), 2, 3, 2, dropout=0.5, recurrent_dropout=0.5, variational=variational,
        bidirectional=True, generator=generator(1),
    ).train()  # fmt: skip
    before = torch.random.get_rng_state()
    stack(torch.ones(2, 4, 2), stack.start_state(2), generator(2))
    assert torch.equal(torch.random.get_rng_state(), before)
