"""Layers on our kernels against the equations in float64: a difference is that of the kernels.

Shapes: B sequences, T steps.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rnnlab.base import registry
from rnnlab.cells import Lookup, RecurrentStack

HALF_UNIT = 2.0**-24
"""Largest relative change of a value by one rounding to float32."""


def make_stack(cell: str, inputs: int, hidden: int, layers: int, **settings: Any) -> RecurrentStack:
    """Return layers on our kernels, with random weights for all that is not random at first."""
    generator = torch.Generator().manual_seed(7)
    values = {"engine": "native", "generator": generator, **settings}
    stack = RecurrentStack(registry.load("cells", cell).CELL, inputs, hidden, layers, **values)
    with torch.no_grad():
        for parameter in stack.parameters():
            if parameter.ndim == 1:  # gains of 1 and biases of 0 would hide errors
                parameter.add_(0.6 * torch.rand(len(parameter), generator=generator) - 0.3)
    return stack


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


def largest_error(
    stack: RecurrentStack, x: Tensor | Lookup, lengths_B: Tensor | None = None
) -> float:
    """Return the largest error of a value or gradient, relative to the largest one of its tensor.

    The stack runs on the equations in float64 afterwards.
    """
    ours = results(stack, x, lengths_B)
    stack.double().engine = "equations"
    return _largest_difference(ours, results(stack, _in_double(x), lengths_B))


def sensitivity(
    stack: RecurrentStack, x: Tensor | Lookup, lengths_B: Tensor | None = None
) -> float:
    """Return the largest change of a value or gradient if float32 rounds every weight once more.

    Computed from the equations in float64, on which the stack runs afterwards. A computation in
    float32 rounds every intermediate value, so its error is at least of this size.
    """
    stack.double().engine = "equations"
    exact = results(stack, _in_double(x), lengths_B)
    generator = torch.Generator().manual_seed(13)
    with torch.no_grad():
        for parameter in stack.parameters():
            changes = 2 * torch.rand(parameter.shape, generator=generator).double() - 1
            parameter.mul_(1 + HALF_UNIT * changes)
    return _largest_difference(results(stack, _in_double(x), lengths_B), exact)


def _in_double(x: Tensor | Lookup) -> Tensor | Lookup:
    if isinstance(x, Tensor):
        return x.detach().double().requires_grad_()
    if x.vectors_VI is None:
        return x
    return x._replace(vectors_VI=x.vectors_VI.detach().double().requires_grad_())


def _largest_difference(found: list[Tensor], exact: list[Tensor]) -> float:
    return max(
        float((actual - expected).abs().max() / expected.abs().max().clamp(min=1e-3))
        for actual, expected in zip(found, exact, strict=True)
    )
