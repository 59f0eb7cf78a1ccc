"""Stacks of layers: engines, residual sums, a cell without a fused kernel.

Shapes: B sequences, T steps, I inputs, H hidden units.
"""

from __future__ import annotations

import pytest
import torch

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.cells import Cell, LayerState, RecurrentStack, State, Weights
from tests.toys.numeric import assert_close

CELLS = registry.names("cells")


class Sum(Cell[Weights]):
    """h_t = x_t + W_hh h_{t-1}: a user's cell, without a kernel."""

    gates = ("h",)
    weights_type = Weights
    has_fused = False

    def step(self, x_BG: torch.Tensor, state: LayerState, weights: Weights) -> LayerState:
        return (x_BG + state[0] @ weights.weight_hh.T,)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_cell_without_a_kernel_runs_on_its_equations() -> None:
    stack = RecurrentStack(Sum(), 2, 3, 2, generator=generator(1))
    assert not stack.is_fused
    y_BTH, state = stack(torch.ones(4, 5, 2), stack.start_state(4))
    assert y_BTH.shape == (4, 5, 3)
    assert torch.equal(state[-1][0], y_BTH[:, -1])


def test_the_fused_engine_is_refused_for_a_cell_without_it() -> None:
    with pytest.raises(BadInputError, match="--engine equations"):
        RecurrentStack(Sum(), 2, 3, 1, engine="fused", generator=torch.Generator())
    with pytest.raises(TypeError, match="Sum has no fused kernel"):
        Sum().fused(torch.zeros(1, 1, 1), (torch.zeros(1, 1),), Weights(*[torch.zeros(1, 1)] * 4))


def flat(state: State) -> list[torch.Tensor]:
    return [part for layer in state for part in layer]


def assert_all_close(found: list[torch.Tensor], expected: list[torch.Tensor]) -> None:
    """Compare tensors in float32 pairwise: 3 layers of 5 steps, each a sum of 8 products."""
    for one, other in zip(found, expected, strict=True):
        assert_close(one.detach(), other.detach(), terms=3 * 5 * 8)


@pytest.mark.parametrize("name", CELLS)
def test_a_residual_stack_adds_the_input_from_the_second_layer_on(name: str) -> None:
    cell = registry.load("cells", name).CELL
    stack = RecurrentStack(cell, 3, 4, 3, residual=True, generator=generator(1)).eval()
    x_BTI = torch.randn(2, 5, 3, generator=generator(2))
    state = stack.start_state(2)
    expected, last = x_BTI, []
    for layer in range(3):
        single = RecurrentStack(cell, 3 if layer == 0 else 4, 4, 1, generator=generator(9))
        suffix = f"_l{layer}"
        single.load_state_dict(
            {
                key.replace(suffix, "_l0"): value
                for key, value in stack.state_dict().items()
                if key.endswith(suffix)
            }
        )
        y_BTH, (layer_state,) = single(expected, (state[layer],))
        expected = y_BTH if layer == 0 else y_BTH + expected
        last.append(layer_state)

    found, found_state = stack(x_BTI, state)
    assert_all_close([found, *flat(found_state)], [expected, *flat(tuple(last))])

    for step, x_BI in enumerate(x_BTI.unbind(1)):
        y_BH, state = stack.step(x_BI, state)
        assert_all_close([y_BH], [expected[:, step]])
    assert_all_close(flat(state), flat(found_state))


def test_the_residual_path_is_not_dropped() -> None:
    stack = RecurrentStack(Sum(), 3, 4, 2, residual=True, dropout=0.5, generator=generator(1))
    x_BTI, state = torch.randn(2, 5, 3, generator=generator(2)), stack.start_state(2)
    with torch.no_grad():
        for parameter in stack.weights(1):
            parameter.zero_()
    # The second layer outputs 0, so that the result is the first layer's output.
    trained, _ = stack.train()(x_BTI, state, generator(3))
    measured, _ = stack.eval()(x_BTI, state)
    assert torch.equal(trained, measured)
