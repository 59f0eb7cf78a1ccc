"""One step: the masked loss, the update rules, the course of the rate, when a checkpoint is due.

Shapes: B sequences, T tokens, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from rnnlab.config import RunConfig
from rnnlab.corpora._dataset import IGNORED
from rnnlab.models import LanguageModel
from rnnlab.training import Session, _checkpoints
from rnnlab.training._checkpoints import Checkpoints
from rnnlab.training._optimizer import learning_rate, make_optimizer, step_if_finite
from rnnlab.training._step import take_step, train_record

Start = Callable[..., Session]
OPTIMIZERS = ["adamw", "adam", "sgd", "rmsprop"]


def config_of(**settings: object) -> RunConfig:
    return RunConfig.from_values({"corpus": "none", **settings})


# The loss


def language_model(session: Session) -> LanguageModel:
    assert isinstance(session.model, LanguageModel)
    return session.model


def naive_losses(session: Session, tokens: list[int]) -> list[float]:
    """Loss of each letter of one sentence, read alone and letter by letter, and of its end."""
    model = language_model(session)
    eos = model.eos
    assert eos is not None
    state = model.start_state(1)
    losses = []
    for token, target in zip([eos, *tokens], [*tokens, eos], strict=True):
        log_probs_1V, state = model.step(state, torch.tensor([token]))
        losses.append(-log_probs_1V[0, target].item())
    return losses


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_loss_is_the_mean_over_real_letters_only(start: Start, dtype: str) -> None:
    session = start(task="sentences", batch=5, length=30, dtype=dtype)
    batch = next(iter(session.train_split.train_batches(0)))
    assert (batch.targets == IGNORED).sum() > 0
    expected: list[float] = []
    for targets in batch.targets.tolist():
        letters = [target for target in targets if target != IGNORED]
        assert letters[-1] == language_model(session).eos
        expected += naive_losses(session, letters[:-1])

    take_step(session.model, session.optimizer, session.state, batch, session.config)
    record = train_record(session.state, 0.0, 0.1)
    tolerance = 1e-5 if dtype == "float32" else 1e-9
    assert record.train_loss == pytest.approx(math.fsum(expected) / len(expected), abs=tolerance)
    assert session.state.window.num_tokens == len(expected) == batch.num_tokens


def gradients(session: Session, batch_rows: slice) -> list[Tensor]:
    """Gradients of one step on some rows of the first batch."""
    batch = next(iter(session.train_split.train_batches(0)))
    targets_BT = batch.targets.copy()
    targets_BT[batch_rows] = IGNORED
    batch = batch._replace(targets=targets_BT, num_tokens=int((targets_BT != IGNORED).sum()))
    take_step(session.model, session.optimizer, session.state, batch, session.config)
    return [p.grad.clone() for p in session.model.parameters() if p.grad is not None]


def test_what_has_no_target_has_no_gradient(start: Start) -> None:
    """A row without targets changes nothing, whatever is read there."""
    some = start("some", task="sentences", clip=0, dtype="float64", embedding=6)
    found = gradients(some, slice(2, None))
    few = start("few", task="sentences", clip=0, dtype="float64", embedding=6)
    batch = next(iter(few.train_split.train_batches(0)))
    batch = batch._replace(inputs_BT=batch.inputs_BT[:2], targets=batch.targets[:2])
    take_step(few.model, few.optimizer, few.state, batch, few.config)
    expected = [p.grad for p in few.model.parameters() if p.grad is not None]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_gradients_stop_at_the_windows_start_and_the_state_does_not(start: Start) -> None:
    session = start()
    first, second = list(session.train_split.train_batches(0))[:2]
    take_step(session.model, session.optimizer, session.state, first, session.config)
    carried = session.state.carried
    assert carried is not None
    assert not any(part.requires_grad for layer in carried for part in layer)
    assert any(part.any() for layer in carried for part in layer)
    take_step(session.model, session.optimizer, session.state, second, session.config)
    fresh = start("fresh")
    take_step(fresh.model, fresh.optimizer, fresh.state, first, fresh.config)
    fresh.state.carried = None
    take_step(fresh.model, fresh.optimizer, fresh.state, second, fresh.config)
    assert (
        train_record(session.state, 0, 0).train_loss != train_record(fresh.state, 0, 0).train_loss
    )


# Update rules


def one_matrix_and_bias() -> nn.Linear:
    layer = nn.Linear(3, 2)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.fill_(1.0)
    return layer


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weight_decay_is_for_matrices_not_for_biases(optimizer: str) -> None:
    layer = one_matrix_and_bias()
    found = make_optimizer(layer, config_of(optimizer=optimizer, lr=0.1, weight_decay=0.5))
    for parameter in layer.parameters():
        parameter.grad = torch.zeros_like(parameter)
    found.step()
    assert (layer.weight < 1).all()
    assert (layer.bias == 1).all()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_step_is_taken_if_and_only_if_all_is_finite(optimizer: str) -> None:
    layer = one_matrix_and_bias()
    found = make_optimizer(layer, config_of(optimizer=optimizer, lr=0.1, weight_decay=0.5))
    for is_finite in (True, False, True):
        before = layer.weight.detach().clone()
        for parameter in layer.parameters():
            parameter.grad = torch.ones_like(parameter) if is_finite else parameter.detach() / 0
        step_if_finite(found, torch.tensor(is_finite))
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
def test_the_update_is_that_of_torchs_plain_rule(
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
        torch.testing.assert_close(mine, its)


# The rate


def test_a_constant_rate_is_constant() -> None:
    config = config_of(lr=0.3)
    assert {learning_rate(config, progress) for progress in (0.0, 0.01, 0.5, 1.0)} == {0.3}


@pytest.mark.parametrize(
    ("progress", "share"),
    [
        (0.0, 0.01),
        (0.005, 0.25),
        (0.01, 0.5),
        (0.02, 1.0),
        (0.02 + 0.98 / 4, 0.1 + 0.9 * (1 + math.cos(math.pi / 4)) / 2),
        (0.51, 0.55),
        (1.0, 0.1),
        (1.5, 0.1),
    ],
)
def test_the_cosine_warms_up_over_a_fiftieth_and_falls_to_a_tenth(
    progress: float, share: float
) -> None:
    assert learning_rate(config_of(lr=0.3, schedule="cosine"), progress) == pytest.approx(
        0.3 * share
    )


def test_the_cosine_has_no_jump_and_is_never_zero() -> None:
    config = config_of(lr=1.0, schedule="cosine")
    rates = [learning_rate(config, i / 1000) for i in range(1001)]
    assert min(rates) > 0
    assert max(rates) == pytest.approx(1.0)
    assert all(abs(b - a) <= 0.051 for a, b in itertools.pairwise(rates))
    assert rates[20:] == sorted(rates[20:], reverse=True)


# When a checkpoint is due


def test_a_checkpoint_is_due_every_so_many_steps(start: Start) -> None:
    checkpoints = start().checkpoints
    assert [step for step in range(1, 13) if checkpoints.is_due(step, 4, 0.0, 0.0)] == [4, 8, 12]


def test_a_checkpoint_is_due_by_the_clock(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(_checkpoints, "time", SimpleNamespace(monotonic=lambda: clock.now))
    session = start()
    checkpoints = Checkpoints(session.paths, keep=1, fingerprint="")
    clock.now += 15.0
    assert not checkpoints.is_due(7, 0, 0.0, elapsed_s=100.0)
    assert checkpoints.is_due(7, 0, 0.0, elapsed_s=20.0), "a young run is saved more often"
    clock.now += 0.1
    assert checkpoints.is_due(7, 0, 0.0, elapsed_s=100.0)

    def slow_disk(*_: object) -> None:
        clock.now += 2.0

    monkeypatch.setattr(_checkpoints, "save_training_state", slow_disk)
    checkpoints.save(session.model, session.model, session.optimizer, session.state)
    clock.now += 99.0
    assert not checkpoints.is_due(8, 0, 0.0, elapsed_s=20.0)
    clock.now += 2.0
    assert checkpoints.is_due(8, 0, 0.0, elapsed_s=20.0)
