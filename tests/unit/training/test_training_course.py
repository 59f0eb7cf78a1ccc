"""The course of a run: schedules, early stop, clipping by value, label smoothing, rollback."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from operator import gt
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from rnnlab.config import RunConfig
from rnnlab.errors import RnnlabError
from rnnlab.models import Example, load_weights
from rnnlab.runs.history import read_history
from rnnlab.runs.journal import JournalTail
from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import EvalRecord, EventRecord, TrainRecord
from rnnlab.training import Evaluation, Session, _session, train
from rnnlab.training._optimizer import learning_rate, make_optimizer
from rnnlab.training._session import MAX_ROLLBACKS
from rnnlab.training._step import take_step, train_record

Start = Callable[..., Session]


def config_of(**settings: object) -> RunConfig:
    return RunConfig.from_values({"corpus": "none", **settings})


def trains(session: Session) -> list[TrainRecord]:
    return read_history(session.paths.journal).train


def events(session: Session, event: str) -> list[EventRecord]:
    found = JournalTail(session.paths.journal).read().records
    return [r for r in found if isinstance(r, EventRecord) and r.event == event]


# The rate


@pytest.mark.parametrize(
    ("progress", "share"),
    [
        (0.0, 0.04),
        (0.15, 0.52),
        (0.3, 1.0),
        (0.65, (1 + 0.01) / 2),
        (1.0, 0.01),
    ],
)
def test_one_cycle_rises_and_falls_by_half_cosines(progress: float, share: float) -> None:
    config = config_of(lr=0.5, schedule="one-cycle", final_lr=0.01)
    assert config.warmup == 0.3
    assert learning_rate(config, progress) == pytest.approx(0.5 * share)


def test_warmup_and_final_rate_are_settings() -> None:
    config = config_of(lr=1.0, schedule="cosine", warmup=0.2, final_lr=0.5)
    found = [learning_rate(config, progress) for progress in (0.1, 0.2, 0.6, 1.0)]
    assert found == pytest.approx([0.5, 1.0, 0.75, 0.5])
    assert learning_rate(config_of(lr=1.0, schedule="cosine", warmup=0.0), 0.0) == 1.0


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_momentum_reaches_the_update_rule(optimizer: str) -> None:
    layer = torch.nn.Linear(2, 2)
    found = make_optimizer(layer, config_of(optimizer=optimizer, momentum=0.7))
    assert {group["momentum"] for group in found.param_groups} == {0.7}


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_beta2_reaches_the_update_rule(optimizer: str) -> None:
    layer = torch.nn.Linear(2, 2)
    found = make_optimizer(layer, config_of(optimizer=optimizer, beta2=0.95))
    assert {group["betas"] for group in found.param_groups} == {(0.9, 0.95)}


def script_validation(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> None:
    """Make the validations of a run come out as a list says, the last one for ever."""
    left = list(losses)

    def found(*_: object) -> Evaluation:
        return Evaluation(left.pop(0) if len(left) > 1 else left[0], 0.5, 10)

    monkeypatch.setattr(_session, "evaluate", found)


def test_a_plateau_halves_the_rate_down_to_the_lowest(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    script_validation(monkeypatch, [2.0, 1.5, 1.6, 1.6, 1.4, 1.4])
    session = start(schedule="plateau", lr=0.8, final_lr=0.2, eval_every=2, log_every=1, steps=24)
    train(session)
    rates = {record.step: record.lr for record in trains(session)}
    # Best at steps 2, 4 and 10; every second stale validation halves: after 8, 14, 18, ...
    assert [rates[step] for step in (8, 9, 14, 15, 24)] == pytest.approx([0.8, 0.4, 0.4, 0.2, 0.16])
    said = [event.message for event in events(session, "note")]
    assert "validation stagnates: learning rate 0.4" in said


def test_a_plateau_never_raises_what_rollbacks_have_lowered(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    script_validation(monkeypatch, [1.0, 1.0])
    session = start(schedule="plateau", lr=0.8, final_lr=0.5, eval_every=2, steps=10)
    session.state.lr_scale = 1 / 16
    train(session)
    assert session.state.lr_scale == 1 / 16


def test_a_halved_rate_outlives_the_worker(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    script_validation(monkeypatch, [1.0, 1.0])
    settings = {"schedule": "plateau", "lr": 0.8, "eval_every": 2, "log_every": 1}
    train(start(script={7: [Command("stop")]}, **settings))
    session = start(**settings)
    assert session.lr == pytest.approx(0.4)


# Early stop


def test_a_run_without_a_new_best_stops_early(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    script_validation(monkeypatch, [2.0, 1.5, 1.6, 1.5, 1.7, 1.4])
    session = start(patience=3, eval_every=2, steps=24)
    assert train(session) == "finished"
    assert session.state.step == 10
    assert session.paths.read_pointer("best") == 4
    assert "stopped early" in events(session, "note")[-1].message
    again = start(patience=3, eval_every=2, steps=24)
    assert train(again) == "finished"
    assert again.state.step == 10


def test_without_patience_a_run_goes_on(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    script_validation(monkeypatch, [1.0, 2.0])
    session = start(eval_every=2, steps=24)
    train(session)
    assert session.state.step == 24


# Clipping and smoothing


def test_no_number_of_the_gradient_passes_the_limit(start: Start) -> None:
    free, cut = start("free", clip=0, steps=1), start("cut", clip=0, clip_value=0.003, steps=1)
    for session in (free, cut):
        train(session)
    raw = [p.grad for p in free.model.parameters() if p.grad is not None]
    for one, other in zip(raw, cut.model.parameters(), strict=True):
        assert other.grad is not None
        torch.testing.assert_close(other.grad, one.clamp(-0.003, 0.003))
    assert trains(cut)[0].clipped == 1.0
    assert trains(free)[0].clipped == 0.0
    assert trains(cut)[0].grad_norm == trains(free)[0].grad_norm, "the norm is that before"
    never = start("never", clip=0, clip_value=1e6, steps=1)
    train(never)
    assert trains(never)[0].clipped == 0.0


def test_both_limits_leave_a_gradient_of_the_norm_asked_for(start: Start) -> None:
    """The norm is that of what the limit of the numbers has left."""
    session = start(clip=0.01, clip_value=0.002, steps=1)
    train(session)
    left = [p.grad for p in session.model.parameters() if p.grad is not None]
    assert torch.stack([g.norm() for g in left]).norm().item() == pytest.approx(0.01, rel=1e-3)
    assert max(g.abs().max().item() for g in left) <= 0.002


def test_smoothing_changes_the_gradient_and_not_the_loss_that_is_shown(start: Start) -> None:
    plain, smooth = start("plain", clip=0), start("smooth", clip=0, label_smoothing=0.2)
    batch = next(iter(plain.train_split.train_batches(0)))
    for session in (plain, smooth):
        take_step(session.model, session.optimizer, session.state, batch, session.config)
    shown = [train_record(session.state, 0, 0).train_loss for session in (plain, smooth)]
    assert shown[0] == shown[1]

    model = start("expected").model
    example = Example.of(batch, model.device)
    logits_NC, targets_N, _ = model.predict(example, model.start_state(4))
    log_probs_NC = F.log_softmax(logits_NC, 1)
    share_NC = torch.full_like(logits_NC, 0.2 / logits_NC.shape[1])
    share_NC[torch.arange(len(targets_N)), targets_N] += 0.8
    (-(share_NC * log_probs_NC).sum(1).mean()).backward()  # type: ignore[no-untyped-call]
    for found, wanted in zip(smooth.model.parameters(), model.parameters(), strict=True):
        assert found.grad is not None
        assert wanted.grad is not None
        torch.testing.assert_close(found.grad, wanted.grad, rtol=1e-4, atol=1e-6)


# Frozen vectors, tied weights


def test_frozen_vectors_stay_as_they_begin(start: Start) -> None:
    session = start(frozen=True)
    assert session.model.embedding is not None
    before = session.model.embedding.weight.clone()
    num = session.model.num_parameters()
    train(session)
    assert torch.equal(session.model.embedding.weight, before)
    assert num == start("free").model.num_parameters() - before.numel()
    trained = {
        name for record in read_history(session.paths.journal).layers for name in record.grad_norms
    }
    assert "embedding.weight" not in trained
    assert "head.weight" in trained


def test_tied_weights_are_one_matrix_and_survive_a_restart(start: Start) -> None:
    settings = {"tied": True, "embedding": 8, "hidden": 8}
    whole = start("whole", **settings)
    assert "head.weight" not in dict(whole.model.named_parameters())
    train(whole)
    train(start("cut", {13: [Command("stop")]}, **settings))
    resumed = start("cut", **settings)
    train(resumed)
    pairs = zip(resumed.model.parameters(), whole.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


# Spikes and divergence


def spoil(session: Session, is_bad: Callable[[int], bool]) -> None:
    """Make some steps' loss not finite, numbered from 0."""
    session.model.head.bias.register_hook(  # type: ignore[no-untyped-call]
        lambda gradient: gradient * math.inf if is_bad(session.state.step) else gradient
    )


def test_a_rollback_goes_on_from_the_checkpoint_at_half_the_rate(start: Start) -> None:
    session = start(
        on_divergence="rollback", max_skipped=4, log_every=2, checkpoint_every=6, eval_every=100
    )
    visits: list[int] = []
    control: Any = session.control
    control.on_step = visits.append
    spoil(session, lambda step: 8 <= step < 14 and session.state.num_rollbacks == 0)
    assert train(session) == "finished"
    assert session.state.num_rollbacks == 1
    [event] = events(session, "rollback")
    assert event.step in {6, 12}
    assert "not finite in 4 steps" in event.message
    assert visits.count(event.step) == 2
    rates = [record.lr for record in trains(session) if record.step > event.step]
    assert set(rates) == {0.01}
    steps = [record.step for record in trains(session)]
    assert steps == sorted(set(steps)), "what was lost is no longer part of the curve"
    assert session.state.step == 24


def test_a_rollback_that_does_not_help_ends_the_run(start: Start) -> None:
    session = start(on_divergence="rollback", max_skipped=2, log_every=1, steps=200)
    spoil(session, lambda step: step >= 3)
    with pytest.raises(RnnlabError, match=f"also after {MAX_ROLLBACKS} returns"):
        train(session)
    last = session.paths.read_pointer("last")
    assert last is not None
    load_weights(session.paths.weights(last), session.model)
    assert all(parameter.isfinite().all() for parameter in session.model.parameters())


def test_a_rolled_back_run_goes_on_exactly_after_a_stop(start: Start) -> None:
    """Rate and number of returns are part of the checkpoint."""
    settings = {"on_divergence": "rollback", "max_skipped": 2, "log_every": 2}
    session = start(script={20: [Command("stop")]}, **settings)
    spoil(session, lambda step: step in (9, 10, 11) and session.state.num_rollbacks == 0)
    train(session)
    resumed = start(**settings)
    assert resumed.state.num_rollbacks == 1
    assert resumed.lr == pytest.approx(0.01)


@pytest.mark.parametrize("task", ["stream", "sentences"])
def test_a_hundredfold_rate_without_clipping_ends_in_an_event_and_sound_weights(
    start: Start, task: str
) -> None:
    session = start(task=task, lr=2.0, clip=0, log_every=1, steps=120)
    train(session)
    assert events(session, "diverged") or events(session, "spike")
    last = session.paths.read_pointer("last")
    assert last is not None
    load_weights(session.paths.weights(last), session.model)
    assert all(parameter.isfinite().all() for parameter in session.model.parameters())


def test_bad_steps_are_counted_one_after_another_over_records(start: Start) -> None:
    """Two steps at the end of a record and two at the start of the next make four."""
    session = start(max_skipped=4, log_every=5, steps=24, on_divergence="rollback")
    spoil(session, lambda step: step in (8, 9, 10, 11) and session.state.num_rollbacks == 0)
    train(session)
    assert "in 4 steps running" in events(session, "rollback")[0].message
    fewer = start("fewer", max_skipped=4, log_every=5, steps=24, on_divergence="rollback")
    spoil(fewer, lambda step: step in (7, 8, 9, 11, 12, 13))
    train(fewer)
    assert events(fewer, "rollback") == []


def test_a_row_of_bad_steps_is_counted_on_after_a_restart(start: Start) -> None:
    settings = {"max_skipped": 6, "log_every": 5, "steps": 30}
    stopped = start(script={10: [Command("stop")]}, **settings)
    spoil(stopped, lambda step: step >= 6)
    assert train(stopped) == "stopped"
    resumed = start(**settings)
    spoil(resumed, lambda step: step < 12)
    with pytest.raises(RnnlabError, match="in 6 steps running"):
        train(resumed)


def test_a_rollback_passes_over_checkpoints_of_the_explosion(start: Start) -> None:
    """Between two records the loss explodes and is saved; that checkpoint is not gone back to."""
    session = start(
        on_divergence="rollback", log_every=10, checkpoint_every=2, eval_every=100, steps=40, keep=9
    )
    control: Any = session.control

    def explode(step: int) -> None:
        if step == 13 and session.state.num_rollbacks == 0:
            with torch.no_grad():
                session.model.head.bias[::2] += 300.0

    control.on_step = explode
    train(session)
    [event] = events(session, "rollback")
    assert event.step == 8, "saved before the last record that was well"
    assert session.paths.read_pointer("last") == 40
    assert all(parameter.abs().max() < 100 for parameter in session.model.parameters())


def test_weights_that_overflow_are_rolled_back_where_it_may(start: Start) -> None:
    session = start(on_divergence="rollback", log_every=5, checkpoint_every=2, steps=24)
    control: Any = session.control

    def overflow(step: int) -> None:
        if step == 13 and session.state.num_rollbacks == 0:
            with torch.no_grad():
                session.model.head.bias[0] = math.inf

    control.on_step = overflow
    assert train(session) == "finished"
    assert len(events(session, "rollback")) == 1


def test_momentum_begins_at_zero_even_where_the_first_step_is_bad(start: Start) -> None:
    found = []
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
        found.append([parameter.detach().clone() for parameter in session.model.parameters()])
    assert all(map(torch.equal, *found))


def test_a_divergence_that_is_finite_rolls_back_where_it_may(start: Start) -> None:
    session = start(
        lr=50.0, clip=0, log_every=1, steps=40, on_divergence="rollback", optimizer="sgd",
        checkpoint_every=1000, eval_every=1000,
    )  # fmt: skip
    try:
        train(session)
    except RnnlabError as error:
        assert "returns to a checkpoint" in str(error)  # noqa: PT017
    assert session.state.num_rollbacks > 0
    assert events(session, "rollback")[0].step == 0


def test_validation_of_a_language_model_has_no_accuracy(start: Start) -> None:
    session = start(steps=8)
    train(session)
    evals = [
        r for r in JournalTail(session.paths.journal).read().records if isinstance(r, EvalRecord)
    ]
    assert [record.accuracy for record in evals] == [None]
