"""The scan against the recurrence that it computes, for both algorithms.

Shapes: B sequences, T steps, H hidden units.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import pytest
import torch
from torch import Tensor

from rnnlab.base import registry
from rnnlab.cells import RecurrentStack
from rnnlab.cells._scan import Fill, double, fastest_fill, g, loop, scan
from tests.toys.cases import case
from tests.toys.numeric import assert_close

if TYPE_CHECKING:
    from collections.abc import Callable

    from rnnlab.cells import Engine

B, H = 3, 5
LENGTHS = (1, 2, 3, 64, 65)

DECAYS: dict[str, Callable[[Tensor], Tensor]] = {
    "drawn": torch.sigmoid,
    "hard": lambda x: torch.sigmoid(40 * x),  # their products underflow
    "shut": torch.zeros_like,
    "open": torch.ones_like,
    "shut or open": lambda x: (x > 0).to(x.dtype),
}
STARTS: dict[str, Callable[[Tensor], Tensor]] = {
    "zero": torch.zeros_like,
    "positive": torch.abs,
    "negative": lambda x: -x.abs(),
}


class Case(NamedTuple):
    """The arguments of a scan: a and v [B, T, H], h_0 [B, H]."""

    a: Tensor
    v: Tensor
    h: Tensor


def drawn(*shape: int, seed: int = 0) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=random)


def make_case(num_steps: int, decays: str = "drawn", width: int = H) -> Case:
    a_BTH = DECAYS[decays](drawn(B, num_steps, width, seed=1))
    return Case(a_BTH, drawn(B, num_steps, width, seed=2), drawn(B, width, seed=3))


def stepped(a_BTH: Tensor, v_BTH: Tensor, h_BH: Tensor) -> Tensor:
    outputs = []
    for a_BH, v_BH in zip(a_BTH.unbind(1), v_BTH.unbind(1), strict=True):
        h_BH = a_BH * h_BH + v_BH
        outputs.append(h_BH)
    return torch.stack(outputs, 1)


def with_gradients(
    run: Callable[[Tensor, Tensor, Tensor], Tensor], inputs: Case, dy_BTH: Tensor
) -> list[Tensor]:
    leaves = Case(*(tensor.detach().requires_grad_() for tensor in inputs))
    y_BTH = run(*leaves)
    return [y_BTH.detach(), *torch.autograd.grad(y_BTH, list(leaves), dy_BTH)]


def assert_equal_to_the_recurrence(way: Fill, inputs: Case, dy_BTH: Tensor) -> None:
    """Compare an algorithm of the scan with the recurrence.

    No decay is above 1, so that no error grows: one product and one sum for each step, and again
    for the sums of the gradient.
    """
    result = with_gradients(partial(scan, fill=way), inputs, dy_BTH)
    expected = with_gradients(stepped, inputs, dy_BTH)
    for one, other in zip(result, expected, strict=True):
        assert_close(one, other, terms=4 * inputs.v.shape[1])


@pytest.fixture(params=[loop, double])
def way(request: pytest.FixtureRequest) -> Fill:
    """One of the two algorithms of a scan."""
    fill: Fill = request.param
    return fill


def test_the_scan_equals_the_recurrence_in_values_and_gradients(way: Fill) -> None:
    for num_steps, decays, start in product(LENGTHS, DECAYS, STARTS):
        inputs = make_case(num_steps, decays)
        inputs = inputs._replace(h=STARTS[start](inputs.h))
        with case(num_steps=num_steps, decays=decays, start=start):
            assert_equal_to_the_recurrence(way, inputs, drawn(B, num_steps, H, seed=4))


def test_the_gradients_are_those_of_finite_differences(way: Fill) -> None:
    for num_steps in (1, 2, 5):
        leaves = [tensor.requires_grad_() for tensor in make_case(num_steps)]
        with case(num_steps=num_steps):
            assert torch.autograd.gradcheck(partial(scan, fill=way), leaves)


def test_the_memory_layout_of_the_tensors_does_not_matter(way: Fill) -> None:
    inputs = Case(
        torch.sigmoid(drawn(B, 2 * H, 7, seed=1)).transpose(1, 2)[..., ::2],
        drawn(7, B, H, seed=2).transpose(0, 1),
        drawn(1, H, seed=3).expand(B, H),
    )
    # The gradient of .sum(): one number for all elements.
    assert_equal_to_the_recurrence(
        way, inputs, torch.ones(1, 1, 1, dtype=torch.float64).expand(B, 7, H)
    )
    assert_equal_to_the_recurrence(
        way, inputs._replace(v=inputs.v[:1, :1].expand(B, 7, H)), inputs.v
    )


def test_the_scan_does_not_change_its_arguments(way: Fill) -> None:
    inputs, dy_BTH = make_case(9), drawn(B, 9, H, seed=4)
    given = [tensor.clone() for tensor in (*inputs, dy_BTH)]
    with_gradients(partial(scan, fill=way), inputs, dy_BTH)
    assert all(map(torch.equal, (*inputs, dy_BTH), given))


def test_the_scan_keeps_the_precision_of_float32_over_a_long_text(way: Fill) -> None:
    inputs = make_case(1000, width=32)
    narrow = Case(*(tensor.float() for tensor in inputs))
    dy_BTH = drawn(B, 1000, 32, seed=4)
    result = with_gradients(partial(scan, fill=way), narrow, dy_BTH.float())
    expected = with_gradients(stepped, inputs, dy_BTH)
    for one, other in zip(result, expected, strict=True):
        # Both have an error of 2e-7, as decays reduce older errors; in log space it is up to 3e-5.
        assert float((one.double() - other).abs().max()) < 3e-6 * float(other.abs().max())


def test_a_start_in_bfloat16_is_scanned_in_float32(way: Fill) -> None:
    a_BTH, v_BTH, h_BH = (tensor.float() for tensor in make_case(6))
    start_BH = h_BH.bfloat16().requires_grad_()
    y_BTH = scan(a_BTH, v_BTH, start_BH, fill=way)
    assert y_BTH.dtype == torch.float32
    expected_BTH = stepped(a_BTH, v_BTH, h_BH.bfloat16().float())
    assert_close(y_BTH.detach(), expected_BTH, terms=2 * 6)
    (dh_BH,) = torch.autograd.grad(y_BTH.sum(), [start_BH])
    assert dh_BH.dtype == torch.bfloat16


def test_the_gradient_saves_two_arrays_for_any_number_of_steps() -> None:
    kept: list[int] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor.numel())
        return tensor

    leaves = [tensor.requires_grad_() for tensor in make_case(50)]
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        scan(*leaves)
    assert sorted(kept) == [B * H, B * 50 * H, B * 50 * H]


def test_a_second_derivative_is_refused() -> None:
    leaves = [tensor.requires_grad_() for tensor in make_case(4)]
    (da_BTH, *_) = torch.autograd.grad(scan(*leaves).square().sum(), leaves, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        da_BTH.sum().backward()  # type: ignore[no-untyped-call]


def test_the_default_is_loop_on_a_cpu_and_double_elsewhere() -> None:
    assert fastest_fill(torch.device("cpu")) is loop
    assert fastest_fill(torch.device("cuda", 0)) is double
    inputs, dy_BTH = make_case(100), drawn(B, 100, H, seed=4)
    result, expected = (
        with_gradients(way, inputs, dy_BTH) for way in (scan, partial(scan, fill=loop))
    )
    # Exact: the same operations in the same order.
    assert all(map(torch.equal, result, expected))


def test_the_candidate_is_positive_and_has_the_right_slope() -> None:
    x = torch.tensor([-300.0, -2.0, -1e-9, 1e-9, 3.0, 1e6], dtype=torch.float64, requires_grad=True)
    left, right = torch.sigmoid(x), x + 0.5
    assert_close(g(x).detach(), torch.where(x >= 0, right, left).detach(), terms=2)
    assert g(x).min() > 0
    (slope,) = torch.autograd.grad(g(x).sum(), [x])
    assert_close(slope, torch.where(x >= 0, 1.0, left * (1 - left)).detach(), terms=4)
    # At 0 any slope between both sides' is correct, except 0: weights may start there.
    zero = torch.zeros(1, requires_grad=True)
    (slope,) = torch.autograd.grad(g(zero).sum(), [zero])
    assert g(zero) == 0.5
    assert 0.25 <= slope <= 1


@pytest.mark.parametrize("engine", ["equations", "fused"])
def test_a_minlstm_with_closed_gates_still_weighs_them(engine: Engine) -> None:
    cell = registry.load("cells", "minlstm").CELL
    random = torch.Generator().manual_seed(1)
    stack = RecurrentStack(cell, 1, 1, 1, engine=engine, generator=random)
    with torch.no_grad():
        for parameter in stack.parameters():
            parameter.zero_()
        # f and i are 0 in float32, f / (f + i) is a half; the candidate is g(0) = 0.5.
        stack.weights(0).bias_ih[:2] = -200.0
    y_BTH, _ = stack(torch.zeros(1, 3, 1), stack.start_state(1))
    assert_close(y_BTH.detach().flatten(), torch.tensor([0.25, 0.375, 0.4375]), terms=3 * 10)
    y_BTH.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in stack.parameters())


@pytest.mark.parametrize("name", ["mingru", "minlstm"])
def test_in_mixed_precision_running_sums_are_in_float32(name: str) -> None:
    cell = registry.load("cells", name).CELL
    stack = RecurrentStack(cell, 8, 8, 1, generator=torch.Generator().manual_seed(1))
    x_BTI, dy_BTH = drawn(2, 400, 8, seed=2).float(), drawn(2, 400, 8, seed=3).float()

    def run() -> list[Tensor]:
        y_BTH, _ = stack(x_BTI, stack.start_state(2))
        return [y_BTH, *torch.autograd.grad(y_BTH, list(stack.parameters()), dy_BTH)]

    expected = run()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = run()
    assert [tensor.dtype for tensor in result] == [torch.float32] * 3
    # The products of the projection round to bfloat16: 0.007 in the outputs, 0.025 in gradients.
    assert float((result[0] - expected[0]).detach().abs().max()) < 0.03
    for one, other in zip(result[1:], expected[1:], strict=True):
        assert float((one - other).norm()) < 0.1 * float(other.norm())


@pytest.mark.parametrize("name", ["mingru", "minlstm"])
def test_a_text_is_read_in_inference_mode_as_in_training(name: str) -> None:
    cell = registry.load("cells", name).CELL
    stack = RecurrentStack(cell, 4, 5, 2, generator=torch.Generator().manual_seed(1))
    x_BTI = drawn(2, 6, 4).float()
    expected, _ = stack(x_BTI, stack.start_state(2))
    with torch.inference_mode():
        result, _ = stack(x_BTI, stack.start_state(2))
    assert result.is_inference()
    assert_close(result, expected.detach(), terms=6 * (4 + 5))
