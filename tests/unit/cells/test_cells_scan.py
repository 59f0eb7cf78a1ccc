"""The scan in logarithms against the recurrence it stands for.

Shapes: B sequences, T steps, H hidden units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab import registry
from rnnlab.cells import RecurrentStack
from rnnlab.cells._scan import BLOCK, g, log_g, scan

if TYPE_CHECKING:
    from rnnlab.cells import Engine

B, H = 3, 5
LENGTHS = (1, BLOCK - 1, BLOCK, BLOCK + 1, 200)


class Case(NamedTuple):
    """Gates and candidates before their functions [B, T, H], and a start [B, H]."""

    gate: Tensor
    candidate: Tensor
    h: Tensor


def make_case(num_steps: int, scale: float = 1.0, width: int = H) -> Case:
    random = torch.Generator().manual_seed(num_steps)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=random)

    return Case(drawn(B, num_steps, width) * scale, drawn(B, num_steps, width), drawn(B, width))


def scanned(case: Case) -> Tensor:
    log_v = F.logsigmoid(case.gate) + log_g(case.candidate)
    return scan(F.logsigmoid(-case.gate), log_v, case.h)


def stepped(case: Case) -> Tensor:
    h, outputs = case.h, []
    for a, v in zip(case.gate.unbind(1), case.candidate.unbind(1), strict=True):
        h = torch.sigmoid(-a) * h + torch.sigmoid(a) * g(v)
        outputs.append(h)
    return torch.stack(outputs, 1)


def with_gradients(run: Callable[[Case], Tensor], case: Case, weigh: Tensor) -> list[Tensor]:
    leaves = Case(*(tensor.clone().requires_grad_() for tensor in case))
    y_BTH = run(leaves)
    return [y_BTH, *torch.autograd.grad((y_BTH * weigh).sum(), list(leaves))]


@pytest.mark.parametrize("start", [0.0, 1.0, -1.0])
@pytest.mark.parametrize("scale", [1.0, 20.0])
@pytest.mark.parametrize("num_steps", LENGTHS)
def test_the_scan_equals_the_recurrence_in_values_and_gradients(
    num_steps: int, scale: float, start: float
) -> None:
    # At scale 20 the decays multiply to far below the smallest float, and some gates are shut.
    case = make_case(num_steps, scale)
    case = case._replace(h=case.h.abs() * start)
    weigh = make_case(num_steps + 1).gate[:, 1:]
    # A loss that leaves places out gives them the gradient 0, whose logarithm is not finite.
    weigh = torch.where(weigh > 1, 0.0, weigh)
    found, expected = (with_gradients(run, case, weigh) for run in (scanned, stepped))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


def test_the_scan_keeps_float32s_digits_over_a_long_text() -> None:
    case = make_case(1000, width=32)
    narrow = Case(*(tensor.float() for tensor in case))
    error = float((scanned(narrow).double() - stepped(case)).abs().max())
    # Blocks err by 1e-5 here, one scan for all steps by 3e-4.
    assert error < 5e-5


def test_the_candidate_is_positive_and_its_logarithm_has_the_right_slope() -> None:
    x = torch.tensor([-300.0, -2.0, 0.0, 3.0], dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(log_g(x).exp(), g(x))
    (slope_of_log,) = torch.autograd.grad(log_g(x).sum(), [x])
    (slope,) = torch.autograd.grad(g(x).sum(), [x])
    torch.testing.assert_close(slope_of_log * g(x), slope)
    assert float(log_g(x.detach())[0]) == pytest.approx(-300)


@pytest.mark.parametrize("engine", ["equations", "fused"])
def test_a_minlstm_whose_gates_are_all_shut_still_weighs_them(engine: Engine) -> None:
    cell = registry.load("cells", "minlstm").CELL
    random = torch.Generator().manual_seed(1)
    stack = RecurrentStack(cell, 1, 1, 1, engine=engine, generator=random)
    with torch.no_grad():
        for parameter in stack.parameters():
            parameter.zero_()
        # f and i are 0 in float32, f / (f + i) is a half; the candidate is g(0) = 0.5.
        stack.weights(0).bias_ih[:2] = -200.0
    y_BTH, _ = stack(torch.zeros(1, 3, 1), stack.start_state(1))
    assert y_BTH.flatten().tolist() == pytest.approx([0.25, 0.375, 0.4375])
    y_BTH.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in stack.parameters())


@pytest.mark.parametrize("name", ["mingru", "minlstm"])
def test_in_mixed_precision_the_running_sums_stay_wide(name: str) -> None:
    cell = registry.load("cells", name).CELL
    stack = RecurrentStack(cell, 8, 8, 1, generator=torch.Generator().manual_seed(1)).eval()
    x_BTI = torch.randn(2, 400, 8, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected, _ = stack(x_BTI, stack.start_state(2))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found, _ = stack(x_BTI, stack.start_state(2))
    assert found.dtype == torch.float32
    assert float((found - expected).abs().max()) < 0.02
