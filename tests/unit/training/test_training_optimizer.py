"""Optimisers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from rnnlab.settings.run_config import RunConfig
from rnnlab.training._optimizer import make_optimizer, set_rate, step_if_finite
from tests.toys.numeric import assert_close

OPTIMIZERS = ["adamw", "adam", "sgd", "rmsprop"]


def config_of(**settings: object) -> RunConfig:
    return RunConfig.from_values({"corpus": "none", **settings})


# Update rules


def one_matrix_and_bias() -> nn.Linear:
    layer = nn.Linear(3, 2)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.fill_(1.0)
    return layer


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weight_decay_applies_to_matrices_only(optimizer: str) -> None:
    layer = one_matrix_and_bias()
    result = make_optimizer(layer, config_of(optimizer=optimizer, lr=0.1, weight_decay=0.5))
    for parameter in layer.parameters():
        parameter.grad = torch.zeros_like(parameter)
    result.step()
    assert (layer.weight < 1).all()
    assert (layer.bias == 1).all()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_step_is_taken_if_and_only_if_the_gradient_is_finite(optimizer: str) -> None:
    layer = one_matrix_and_bias()
    result = make_optimizer(layer, config_of(optimizer=optimizer, lr=0.1, weight_decay=0.5))
    for is_finite in (True, False, True):
        before = layer.weight.detach().clone()
        for parameter in layer.parameters():
            parameter.grad = torch.ones_like(parameter) if is_finite else parameter.detach() / 0
        step_if_finite(result, torch.tensor(is_finite))
        assert torch.equal(layer.weight, before) != is_finite
        assert layer.weight.isfinite().all()


@pytest.mark.parametrize(
    ("optimizer", "rule"),
    [
        ("adamw", torch.optim.AdamW),
        ("adam", torch.optim.Adam),
        ("sgd", torch.optim.SGD),
        ("rmsprop", torch.optim.RMSprop),
    ],
)
def test_the_update_equals_torchs_unfused_optimiser(
    optimizer: str, rule: Callable[..., torch.optim.Optimizer]
) -> None:
    ours, plain = one_matrix_and_bias(), one_matrix_and_bias()
    our_rule = make_optimizer(ours, config_of(optimizer=optimizer, lr=0.1))
    plain_rule = rule(plain.parameters(), lr=0.1, weight_decay=0.0)
    random = torch.Generator().manual_seed(1)
    for _ in range(5):
        for mine, its in zip(ours.parameters(), plain.parameters(), strict=True):
            mine.grad = torch.randn(mine.shape, generator=random)
            its.grad = mine.grad.clone()
        step_if_finite(our_rule, torch.tensor(True))
        plain_rule.step()
    for mine, its in zip(ours.parameters(), plain.parameters(), strict=True):
        assert_close(mine.detach(), its.detach(), terms=5 * 8)  # operations of a rule in 5 steps


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_momentum_reaches_the_update_rule(optimizer: str) -> None:
    layer = nn.Linear(2, 2)
    result = make_optimizer(layer, config_of(optimizer=optimizer, momentum=0.7))
    assert {group["momentum"] for group in result.param_groups} == {0.7}


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_beta2_reaches_the_update_rule(optimizer: str) -> None:
    layer = nn.Linear(2, 2)
    result = make_optimizer(layer, config_of(optimizer=optimizer, beta2=0.95))
    assert {group["betas"] for group in result.param_groups} == {(0.9, 0.95)}


@pytest.mark.parametrize("is_tensor", [False, True], ids=["cpu", "gpu"])
def test_a_rate_is_set_where_the_optimiser_reads_it(is_tensor: bool) -> None:
    """A CUDA graph reads the tensor that it was captured with."""
    lr: float | torch.Tensor = torch.tensor(0.5) if is_tensor else 0.5
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr)
    set_rate(optimizer, 0.25)
    (group,) = optimizer.param_groups
    assert float(group["lr"]) == 0.25
    assert (group["lr"] is lr) == is_tensor
