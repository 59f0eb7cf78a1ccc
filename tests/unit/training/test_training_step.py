"""One step: masked loss, clipping, label smoothing, and steps that are not finite.

Shapes: B sequences, T tokens, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from operator import gt

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.corpora import IGNORED
from rnnlab.models import Example, LanguageModel
from rnnlab.training import Session, take_step, train, train_record
from tests.toys.numeric import assert_close
from tests.toys.sessions import spoil, trains

Start = Callable[..., Session]


# The loss


def language_model(session: Session) -> LanguageModel:
    assert isinstance(session.model, LanguageModel)
    return session.model


def naive_losses(session: Session, tokens: list[int]) -> list[float]:
    """Return the loss of each character of a sentence, read step by step, and of its end."""
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
def test_the_loss_is_the_mean_over_real_tokens_only(start: Start, dtype: str) -> None:
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
    assert record.train_loss is not None
    num_terms = 30 * 14  # letters read one after the other, operands of a gate
    mean = math.fsum(expected) / len(expected)
    assert_close(record.train_loss, mean, terms=num_terms, dtype=np.dtype(dtype))
    assert session.state.window.num_tokens == len(expected) == batch.num_tokens


def gradients(session: Session, batch_rows: slice) -> list[Tensor]:
    """Gradients of one step on some rows of the first batch."""
    batch = next(iter(session.train_split.train_batches(0)))
    targets_BT = batch.targets.copy()
    targets_BT[batch_rows] = IGNORED
    batch = batch._replace(targets=targets_BT, num_tokens=int((targets_BT != IGNORED).sum()))
    take_step(session.model, session.optimizer, session.state, batch, session.config)
    return [p.grad.clone() for p in session.model.parameters() if p.grad is not None]


def test_padding_has_no_gradient(start: Start) -> None:
    """A row without targets changes nothing, for any inputs."""
    some = start("some", task="sentences", clip=0, dtype="float64", embedding=6)
    result = gradients(some, slice(2, None))
    few = start("few", task="sentences", clip=0, dtype="float64", embedding=6)
    batch = next(iter(few.train_split.train_batches(0)))
    batch = batch._replace(inputs_BT=batch.inputs_BT[:2], targets=batch.targets[:2])
    take_step(few.model, few.optimizer, few.state, batch, few.config)
    expected = [p.grad for p in few.model.parameters() if p.grad is not None]
    for one, other in zip(result, expected, strict=True):
        assert other is not None
        # Sums over two rows of at most 30 tokens, and the 14 operands of a gate.
        assert_close(one, other, terms=2 * 30 * 14)


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


# Clipping and smoothing


def test_no_element_of_the_gradient_exceeds_the_limit(start: Start) -> None:
    free, cut = start("free", clip=0, steps=1), start("cut", clip=0, clip_value=0.003, steps=1)
    for session in (free, cut):
        train(session)
    raw = [p.grad for p in free.model.parameters() if p.grad is not None]
    for one, other in zip(raw, cut.model.parameters(), strict=True):
        assert other.grad is not None
        # The same operations in the same order: the same bits.
        assert torch.equal(other.grad, one.clamp(-0.003, 0.003))
    assert trains(cut)[0].clipped == 1.0
    assert trains(free)[0].clipped == 0.0
    assert trains(cut)[0].grad_norm == trains(free)[0].grad_norm, (
        "the norm is measured before clipping"
    )
    never = start("never", clip=0, clip_value=1e6, steps=1)
    train(never)
    assert trains(never)[0].clipped == 0.0


def test_both_limits_give_a_gradient_of_the_requested_norm(start: Start) -> None:
    """The norm is clipped after the elements."""
    session = start(clip=0.01, clip_value=0.002, steps=1)
    train(session)
    left = [p.grad for p in session.model.parameters() if p.grad is not None]
    assert torch.stack([g.norm() for g in left]).norm().item() == pytest.approx(0.01, rel=1e-3)
    assert max(g.abs().max().item() for g in left) <= 0.002


def test_smoothing_changes_the_gradient_but_not_the_recorded_loss(start: Start) -> None:
    exact = {"clip": 0, "dtype": "float64"}
    plain, smooth = start("plain", **exact), start("smooth", **exact, label_smoothing=0.2)
    batch = next(iter(plain.train_split.train_batches(0)))
    for session in (plain, smooth):
        take_step(session.model, session.optimizer, session.state, batch, session.config)
    shown = [train_record(session.state, 0, 0).train_loss for session in (plain, smooth)]
    assert shown[0] == shown[1]

    model = start("expected", **exact).model
    example = Example.of(batch, model.device)
    logits_NC, targets_N, _ = model.predict(example, model.start_state(4))
    log_probs_NC = F.log_softmax(logits_NC, 1)
    share_NC = torch.full_like(logits_NC, 0.2 / logits_NC.shape[1])
    share_NC[torch.arange(len(targets_N)), targets_N] += 0.8
    (-(share_NC * log_probs_NC).sum(1).mean()).backward()  # type: ignore[no-untyped-call]
    for result, wanted in zip(smooth.model.parameters(), model.parameters(), strict=True):
        assert result.grad is not None
        assert wanted.grad is not None
        # A sum over 40 targets and 10 steps, through the 14 operands of a gate.
        assert_close(result.grad, wanted.grad, terms=40 * 10 * 14)


# Steps that are not finite


def test_momentum_starts_at_zero_even_if_the_first_step_is_bad(start: Start) -> None:
    result = []
    for name, first in (("bad", 1), ("good", 0)):
        session = start(name, optimizer="sgd", momentum=0.9, lr=0.1, steps=1 + first, clip=0)
        spoil(session, partial(gt, first))
        batches = list(session.train_split.train_batches(0))
        if not first:
            batches = batches[1:]
        for batch in batches[: 1 + first]:
            session.state.carried = None
            take_step(session.model, session.optimizer, session.state, batch, session.config)
            session.state.step += 1
        result.append([parameter.detach().clone() for parameter in session.model.parameters()])
    assert all(map(torch.equal, *result))
