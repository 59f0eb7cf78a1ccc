"""Layers on our kernels in bfloat16: a single step against the equations, whole sequences against
single steps, and against float32.

A long sequence is not compared with equations in float64: an operand near the middle of two values
of bfloat16 may round the other way there, and all later steps would differ. All operands of a
single step are known exactly. Shapes: B sequences, T steps, I inputs, H hidden units, G rows of the
stacked gates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from rnnlab import native
from rnnlab.base.errors import BadInputError
from rnnlab.cells import Lookup
from tests.toys.cases import case
from tests.toys.numeric import assert_close
from tests.toys.parity import make_stack, results
from tests.toys.steppers import needs_native

pytestmark = needs_native
CELLS = (*native.SEQUENCE_CELLS, *native.SCAN_CELLS)
PLAIN = ("rnn", "rnn-relu", "gru", "lstm")
"""Cells whose sums of the recurrent term are their biases' gradients, so that these are known."""
HIDDEN = (1, 7, 16, 33)
NUM_INPUTS = 5


@pytest.fixture(autouse=True)
def emulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the engine emulate; restore the number of threads of the kernels."""
    monkeypatch.setenv("RNNLAB_BFLOAT16", "emulated")
    yield
    native.set_num_threads(None)


def in_bfloat16() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16)


def rounded(x: Tensor) -> Tensor:
    return x.float().bfloat16().double()


class RoundedProducts(TorchFunctionMode):
    """Rounds the operands of products; no gradient flows through these operands."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if func is torch.addmm:
            bias, x, weight = args
            return bias + rounded(x.detach()) @ rounded(weight.detach())
        if func is torch.nn.functional.linear:
            x, weight, *bias = args
            y = rounded(x.detach()) @ rounded(weight.detach()).T
            return y + bias[0] if bias else y
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("cell", PLAIN)
def test_values_and_gradients_of_a_step_are_those_of_the_equations_with_rounded_operands(
    cell: str,
) -> None:
    for hidden in HIDDEN:
        with case(hidden=hidden):
            stack = make_stack(cell, NUM_INPUTS, hidden, 1)
            random = torch.Generator().manual_seed(hidden)
            x = torch.randn(1, 1, NUM_INPUTS, generator=random).requires_grad_()
            start = stack.start_state(1)
            h0 = (0.5 * torch.randn(1, hidden, generator=random)).requires_grad_()
            rest = [(p + 0.5).requires_grad_() for p in start[0][1:]]
            weigh = torch.randn(1, hidden, generator=random)
            with in_bfloat16():
                y, last = stack(x, ((h0, *rest),))
            assert stack.is_native
            weights = stack.weights(0)
            wanted = [x, h0, *rest, *weights]
            dx, dh0, *computed = torch.autograd.grad((y[:, 0] * weigh).sum(), wanted)
            dw_ih, dw_hh, db_ih, db_hh = computed[len(rest) :]

            exact: Any = stack.double().weights(0)
            ours = tuple(p.detach().double().requires_grad_() for p in (h0, *rest))
            with RoundedProducts():
                x_BG = stack.cell.project(x.double()[:, 0], exact)
                state = stack.cell.step(x_BG, ours, exact)
            terms = 4 * (hidden + NUM_INPUTS + 8)  # products of all gates; 8: activations
            for actual, expected in zip(last[0], state, strict=True):
                assert_close(actual.detach(), expected.detach(), terms=terms, dtype="f4")
            of_biases = [exact.bias_ih, exact.bias_hh]
            loss = (state[0] * weigh.double()).sum()
            beside, *others, sums_ih, sums_hh = torch.autograd.grad(
                loss, [*ours, *of_biases], allow_unused=True, materialize_grads=True
            )
            assert_close(db_ih, sums_ih, terms=terms, dtype="f4")
            assert_close(db_hh, sums_hh, terms=terms, dtype="f4")
            for actual, expected in zip(computed[: len(rest)], others, strict=True):
                assert_close(actual, expected, terms=terms, dtype="f4")
            # With a single row, the gradients of the biases are the operands of these products.
            of_h = rounded(db_hh) @ rounded(exact.weight_hh.detach())
            assert_close(dh0[0], beside[0] + of_h, terms=terms, dtype="f4")
            of_x = rounded(db_ih) @ rounded(exact.weight_ih.detach())
            assert_close(dx[0, 0], of_x, terms=terms, dtype="f4")
            h, inputs = rounded(h0.detach()[0]), rounded(x.detach()[0, 0])
            assert_close(dw_hh, torch.outer(rounded(db_hh), h), terms=1, dtype="f4")
            assert_close(dw_ih, torch.outer(rounded(db_ih), inputs), terms=1, dtype="f4")


@pytest.mark.parametrize("cell", native.SEQUENCE_CELLS)
def test_a_sequence_has_the_bits_of_its_steps_one_by_one(cell: str) -> None:
    for batch, steps, hidden in ((1, 3, 9), (13, 4, 33)):
        with case(batch=batch, hidden=hidden):
            random = torch.Generator().manual_seed(hidden)
            stack = make_stack(cell, NUM_INPUTS, hidden, 1)
            x = torch.randn(batch, steps, NUM_INPUTS, generator=random).requires_grad_()
            start = tuple((p + 0.5).requires_grad_() for p in stack.start_state(batch)[0])
            weigh = torch.randn(batch, hidden, generator=random)
            learnt = [x, *start, *(p for p in stack.parameters() if p.requires_grad)]
            computed = []
            for lengths in ([steps], [1] * steps):
                state: Any = (start,)
                with in_bfloat16():
                    for part in torch.split(x, lengths, dim=1):
                        y, state = stack(part, state)
                # Gradients of the last outputs only: others would be added in another order.
                grads = torch.autograd.grad((y[:, -1] * weigh).sum(), learnt)
                computed.append([y[:, -1], *state[0], *grads])
            exact = 1 + len(start) + 1 + len(start)  # values, then gradients of x and the state
            for number, (whole, parts) in enumerate(zip(*computed, strict=True)):
                if number < exact:
                    assert torch.equal(whole, parts)
                else:  # the operands are the same, but not the order of their sum
                    assert_close(whole.detach(), parts.detach(), terms=batch * steps)


@pytest.mark.parametrize("cell", CELLS)
def test_the_number_of_threads_changes_no_bit(cell: str) -> None:
    random = torch.Generator().manual_seed(5)
    tokens_BT = torch.randint(20, (53, 4), generator=random)
    vectors = torch.randn(20, 7, generator=random).requires_grad_()
    computed = []
    for threads in (1, 2, 7):
        native.set_num_threads(threads)
        with in_bfloat16():
            computed.append(results(make_stack(cell, 7, 35, 2), Lookup(tokens_BT, vectors)))
    for others in computed[1:]:
        assert all(torch.equal(a, b) for a, b in zip(computed[0], others, strict=True))


@pytest.mark.parametrize("cell", CELLS)
def test_layers_are_near_those_in_float32_and_not_the_same(cell: str) -> None:
    """Two roundings change a product by up to 2^-7; sums of many, with both signs, by less."""
    random = torch.Generator().manual_seed(3)
    tokens_BT = torch.randint(6, (8, 7), generator=random)
    vectors = torch.randn(6, 4, generator=random).requires_grad_()
    computed = []
    for precision in (in_bfloat16(), torch.autocast("cpu", enabled=False)):
        with precision:
            stack = make_stack(cell, 4, 19, 2, residual=True)
            computed.append(results(stack, Lookup(tokens_BT, vectors)))
    errors = [
        float((a - b).abs().max() / b.abs().max().clamp(min=1e-3))
        for a, b in zip(*computed, strict=True)
    ]
    assert all(p.dtype == torch.float32 for p in computed[0])
    assert max(errors) < 0.1
    assert min(errors[:1]) > 1e-5


def test_logits_and_gradient_of_a_model_are_products_in_bfloat16_of_float32_values() -> None:
    stack = make_stack("gru", 5, 64, 1)
    x = torch.randn(4, 64, 64, generator=torch.Generator().manual_seed(1)).requires_grad_()
    weight, bias = torch.randn(9, 64), torch.randn(9)
    with in_bfloat16():
        y = stack.linear(x, weight, bias)
    assert y.dtype == torch.float32
    exact = rounded(x.detach()) @ rounded(weight).T + bias.double()
    assert_close(y.detach(), exact, terms=65, dtype="f4")
    dy = torch.randn(y.shape)
    (dx,) = torch.autograd.grad(y, x, dy)
    assert_close(dx, rounded(dy) @ rounded(weight), terms=9, dtype="f4")


def test_auto_never_emulates_and_native_needs_instructions_or_the_permission(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with in_bfloat16():
        assert make_stack("lstm", 4, 5, 1).is_native
        auto = make_stack("lstm", 4, 5, 1, engine="auto")
        assert auto.is_native == (not native.why_no_bfloat16())
    monkeypatch.setenv("RNNLAB_BFLOAT16", "0")
    stack = make_stack("lstm", 4, 5, 1)
    with in_bfloat16():
        assert not auto.is_native
        with pytest.raises(BadInputError, match="in bfloat16: disabled by RNNLAB_BFLOAT16=0"):
            stack(torch.randn(1, 2, 4), stack.start_state(1))
