"""The EMA of the weights: its values, its checkpoints, and exact resume.

Bits are compared only between runs of the same operations in the same order, on one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from rnnlab.runs.journal import JournalTail
from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import EvalRecord
from rnnlab.training import Session, evaluate, train
from tests.toys.numeric import assert_close

Start = Callable[..., Session]


def parameters(session: Session) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in session.model.parameters()]


def averaged(session: Session) -> list[Tensor]:
    assert session.average is not None
    return list(session.average.model.parameters())


def test_the_average_follows_its_formula(start: Start) -> None:
    session = start(average=0.8, steps=7)
    train(session)
    control: Any = session.control
    num = len(parameters(session))
    expected = control.weights[0][:num]
    after = [*(control.weights[step][:num] for step in range(1, 7)), parameters(session)]
    for step, weights in enumerate(after, 1):
        decay = min(0.8, (1 + step) / (10 + step))
        expected = [decay * a + (1 - decay) * w for a, w in zip(expected, weights, strict=True)]
    for result, wanted in zip(averaged(session), expected, strict=True):
        assert_close(result.detach(), wanted, terms=3 * 7)  # three operations in each of 7 steps


def test_the_average_is_evaluated_and_saved(start: Start) -> None:
    session = start(average=0.9)
    train(session)
    saved = load_file(session.paths.weights(24))
    named = session.model.named_parameters()
    for (name, raw), mean in zip(named, averaged(session), strict=True):
        assert torch.equal(saved[name], mean)
        assert not torch.equal(saved[name], raw)
    records = JournalTail(session.paths.journal).read().records
    last = [record for record in records if isinstance(record, EvalRecord)][-1]
    val = session.dataset.splits["val"]
    assert last.val_loss == evaluate(session.shown_model, val).loss_nats
    assert last.val_loss != evaluate(session.model, val).loss_nats


def test_averaging_does_not_change_the_training(start: Start) -> None:
    plain, with_average = start("plain"), start("average", average=0.9)
    train(plain)
    train(with_average)
    assert all(map(torch.equal, parameters(plain), parameters(with_average)))


def test_a_run_with_an_average_resumes_exactly(start: Start) -> None:
    whole = start("whole", average=0.9)
    train(whole)
    for stop_at in (1, 13, 20):
        train(start("cut", {stop_at: [Command("stop")]}, average=0.9))
        resumed = start("cut", average=0.9)
        assert resumed.state.step == stop_at
    train(resumed)
    assert all(map(torch.equal, parameters(resumed), parameters(whole)))
    assert all(map(torch.equal, averaged(resumed), averaged(whole)))
