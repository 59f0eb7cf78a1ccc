"""Layers over each other: engines, dropout, a cell that has no fused twin."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnlab.cells import Cell, LayerState, RecurrentStack, Weights
from rnnlab.cells._stack import dropout
from rnnlab.errors import BadInputError


class Sum(Cell):
    """h_t = x_t + W_hh h_{t-1}: a cell of a user's own, without a kernel."""

    gates = ("h",)
    has_fused = False

    def step(self, x_BG: Tensor, state: LayerState, weights: Weights) -> LayerState:
        return (x_BG + state[0] @ weights.weight_hh.T,)


def test_a_cell_without_a_twin_runs_on_its_equations() -> None:
    stack = RecurrentStack(Sum(), 2, 3, 2, generator=torch.Generator().manual_seed(1))
    assert not stack.is_fused
    y_BTH, state = stack(torch.ones(4, 5, 2), stack.start_state(4))
    assert y_BTH.shape == (4, 5, 3)
    assert torch.equal(state[-1][0], y_BTH[:, -1])


def test_the_fused_engine_is_refused_where_there_is_none() -> None:
    with pytest.raises(BadInputError, match="--engine equations"):
        RecurrentStack(Sum(), 2, 3, 1, engine="fused", generator=torch.Generator())
    with pytest.raises(TypeError, match="Sum has no fused kernel"):
        Sum().fused(torch.zeros(1, 1, 1), (torch.zeros(1, 1),), Weights(*[torch.zeros(1, 1)] * 4))


def test_dropout_zeroes_its_share_and_keeps_the_mean() -> None:
    random = torch.Generator().manual_seed(1)
    dropped = dropout(torch.ones(100, 100), 0.3, random)
    # 10,000 places: five standard deviations of the share are 0.023.
    assert abs(float((dropped == 0).float().mean()) - 0.3) < 0.023
    assert sorted(set(dropped.flatten().tolist())) == pytest.approx([0.0, 1 / 0.7])


def test_dropout_lies_between_layers_and_not_above_the_last() -> None:
    def run(num_layers: int) -> tuple[Tensor, Tensor]:
        stack = RecurrentStack(
            Sum(), 2, 3, num_layers, dropout=0.5, generator=torch.Generator().manual_seed(1)
        )
        x_BTI = torch.ones(4, 5, 2)
        state = stack.start_state(4)
        trained, _ = stack.train()(x_BTI, state, torch.Generator().manual_seed(2))
        measured, _ = stack.eval()(x_BTI, state)
        return trained, measured

    assert torch.equal(*run(1))
    assert not torch.equal(*run(2))
