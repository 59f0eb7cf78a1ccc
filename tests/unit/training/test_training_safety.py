"""A loss or gradient that is not finite never changes the weights, and is logged."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from rnnlab.base.errors import RnnlabError
from rnnlab.cells import State
from rnnlab.models import load_weights
from rnnlab.training import Session, train
from tests.toys.sessions import events, trains

Start = Callable[..., Session]
OPTIMIZERS = ["adamw", "adam", "sgd", "rmsprop"]


def poison_loss(session: Session, is_bad: Callable[[int], bool]) -> None:
    """Make the loss NaN in some steps, numbered from 0."""
    forward = session.model.forward

    def poisoned(
        tokens_BT: Tensor, state: State, generator: torch.Generator | None = None
    ) -> tuple[Tensor, State]:
        logits_BTV, state = forward(tokens_BT, state, generator)
        if session.model.training and is_bad(session.state.step):
            state = tuple(tuple(part * math.nan for part in layer) for layer in state)
            logits_BTV = logits_BTV * math.nan
        return logits_BTV, state

    session.model.forward = poisoned


def poison_gradient(session: Session, is_bad: Callable[[int], bool]) -> None:
    """Leave the loss alone, make one gradient infinite."""
    session.model.head.bias.register_hook(  # type: ignore[no-untyped-call]
        lambda gradient: gradient * math.inf if is_bad(session.state.step) else gradient
    )


POISONS = [poison_loss, poison_gradient]


def snapshots(session: Session) -> dict[int, list[Tensor]]:
    control: Any = session.control
    result: dict[int, list[Tensor]] = control.weights
    return result


def equal(one: list[Tensor], other: list[Tensor]) -> bool:
    return len(one) == len(other) and all(map(torch.equal, one, other))


@pytest.mark.parametrize(
    ("optimizer", "poison", "clip"),
    [  # every pair of two of the three
        (optimizer, poison, float((row + column) % 2))
        for row, optimizer in enumerate(OPTIMIZERS)
        for column, poison in enumerate(POISONS)
    ],
)
def test_a_bad_step_does_not_change_weights_and_optimizer(
    start: Start, optimizer: str, poison: Callable[..., None], clip: float
) -> None:
    session = start(optimizer=optimizer, clip=clip, weight_decay=0.1, steps=12)
    poison(session, lambda step: step in (0, 7, 8))
    assert train(session) == "finished"
    weights = snapshots(session)
    num_parameters = len(list(session.model.parameters()))
    assert equal(weights[0][:num_parameters], weights[1][:num_parameters])
    for step in (7, 8):
        assert equal(weights[step], weights[step + 1])
    for step in (6, 9):
        assert not equal(weights[step], weights[step + 1])
    assert all(tensor.isfinite().all() for tensor in weights[11])


@pytest.mark.parametrize("poison", POISONS)
def test_bad_steps_are_counted_and_logged(start: Start, poison: Callable[..., None]) -> None:
    session = start(log_every=5)
    poison(session, lambda step: step in (6, 8, 17))
    train(session)
    assert [record.skipped for record in trains(session)] == [0, 0, 2, 0, 1, 0]
    skips = events(session, "skipped")
    assert [event.step for event in skips] == [10, 20]
    assert "2 steps" in skips[0].message
    for record in trains(session):
        assert record.train_loss is not None
        assert record.grad_norm is not None
        assert record.grad_norm_max is not None


def test_the_metrics_of_a_record_are_of_its_good_steps(start: Start) -> None:
    fine = start("fine", log_every=1, lr=1e-9)
    coarse = start("coarse", log_every=5, lr=1e-9)
    for session in (fine, coarse):
        poison_gradient(session, lambda step: step == 7)
        train(session)
    every = {record.step: record for record in trains(fine)}
    assert every[8].train_loss is None
    assert every[8].grad_norm is None
    record = next(record for record in trains(coarse) if record.step == 10)
    good = [every[step] for step in (6, 7, 9, 10)]
    assert record.train_loss == pytest.approx(sum(r.train_loss or 0 for r in good) / 4)
    assert record.grad_norm == pytest.approx(sum(r.grad_norm or 0 for r in good) / 4)


def test_the_carried_state_is_reset_after_a_bad_step(start: Start) -> None:
    session = start()
    poison_loss(session, lambda step: step == 7)
    control: Any = session.control
    sums: dict[int, float] = {}

    def look(step: int) -> None:
        parts = [part for layer in session.state.carried or () for part in layer]
        sums[step] = sum(part.abs().sum().item() for part in parts)

    control.on_step = look
    train(session)
    assert sums[7] > 0
    assert sums[8] == 0
    assert sums[9] > 0


@pytest.mark.parametrize("log_every", [1, 5, 12])
def test_a_run_fails_after_a_whole_window_of_bad_steps(start: Start, log_every: int) -> None:
    session = start(log_every=log_every, steps=100)
    poison_loss(session, lambda step: step >= 6)
    with pytest.raises(RnnlabError, match=r"not finite in \d+ consecutive steps") as caught:
        train(session)
    assert "--lr" in str(caught.value)
    assert 16 <= session.state.step <= 24
    # What is on disk is what was good last.
    last = session.paths.read_pointer("last")
    assert last is not None
    load_weights(session.paths.weights(last), session.model)
    num_parameters = len(list(session.model.parameters()))
    assert equal(list(session.model.parameters()), snapshots(session)[6][:num_parameters])


def test_a_run_without_a_good_step_fails(start: Start) -> None:
    session = start(log_every=5, steps=100)
    poison_loss(session, lambda _step: True)
    with pytest.raises(RnnlabError, match="not finite"):
        train(session)
    assert session.state.step <= 15


@pytest.mark.parametrize("log_every", [1, 5])
def test_a_run_that_recovers_in_between_continues(start: Start, log_every: int) -> None:
    session = start(log_every=log_every, steps=30)
    poison_gradient(session, lambda step: step % 5 != 0)
    assert train(session) == "finished"
    assert sum(record.skipped for record in trains(session)) == 24


@pytest.mark.parametrize(
    ("optimizer", "cell"), zip(OPTIMIZERS, ["rnn", "lstm", "lstm", "rnn"], strict=True)
)
def test_a_huge_rate_never_writes_a_checkpoint_that_is_not_finite(
    start: Start, optimizer: str, cell: str
) -> None:
    session = start(optimizer=optimizer, cell=cell, lr=1000.0, clip=0, checkpoint_every=1)
    with contextlib.suppress(RnnlabError):  # to give up is as good as to go on
        train(session)
    last = session.paths.read_pointer("last")
    assert last is not None
    load_weights(session.paths.weights(last), session.model)
    assert all(parameter.isfinite().all() for parameter in session.model.parameters())
