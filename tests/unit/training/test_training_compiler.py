"""Training without torch's compiler takes the same steps."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch

from rnnlab.training import Session, train
from rnnlab.training._compiler import leave_out_compiler, update

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
}


def weights_after(make: Callable[..., Any], step: Callable[[Any], object]) -> torch.Tensor:
    """Return the weights after three steps, with saving and loading between them."""
    weights = torch.nn.Parameter(torch.linspace(-1, 1, 7))
    optimizer = make([weights], lr=0.1)
    for number in range(3):
        weights.grad = (weights.detach() * (number + 1)).sin()
        step(optimizer)
        optimizer.load_state_dict(optimizer.state_dict())
    return weights.detach()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_equals_torchs_to_the_bit(name: str) -> None:
    # The same operations in the same order have the same rounding errors.
    leave_out_compiler()
    expected = weights_after(OPTIMIZERS[name], lambda optimizer: optimizer.step())
    assert torch.equal(weights_after(OPTIMIZERS[name], update), expected)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_run_trains_and_resumes_without_an_import_of_the_compiler(
    start: Callable[..., Session], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, "torch._dynamo", None)  # an import of it now fails
    for steps in (6, 9):
        session = start("run", steps=steps, optimizer=name)
        train(session)
        assert session.state.step == steps
