"""Events during a run: plateau, early stop, frozen and tied weights, divergence, rollback.

Bits are compared only between runs of the same operations in the same order, on one thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from rnnlab.base.errors import RnnlabError
from rnnlab.models import load_weights
from rnnlab.runs.history import read_history
from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import EvalRecord
from rnnlab.training import Session, train
from tests.toys.sessions import events, records, scripted_validation, spoil, trains_left

Start = Callable[..., Session]


def test_a_plateau_halves_the_rate_down_to_the_lowest(start: Start) -> None:
    seams = {"measure": scripted_validation([2.0, 1.5, 1.6, 1.6, 1.4, 1.4])}
    session = start(
        schedule="plateau", lr=0.8, final_lr=0.2, eval_every=2, log_every=1, seams=seams
    )
    train(session)
    rates = {record.step: record.lr for record in trains_left(session)}
    # Best at steps 2, 4 and 10; every second stale validation halves: after 8, 14, 18, ...
    assert [rates[step] for step in (8, 9, 14, 15, 24)] == pytest.approx([0.8, 0.4, 0.4, 0.2, 0.16])
    notes = [event.message for event in events(session, "note")]
    assert [note for note in notes if "lowered" in note] == [
        f"no improvement in 2 validations: learning rate lowered to {rate}"
        for rate in ("0.4", "0.2", "0.16")
    ]


def test_the_lowest_rate_of_a_plateau_is_logged_once(start: Start) -> None:
    seams = {"measure": scripted_validation([1.0, 1.0])}
    session = start(schedule="plateau", lr=0.8, final_lr=0.5, eval_every=2, steps=20, seams=seams)
    train(session)
    notes = [event.message for event in events(session, "note") if "lowered" in event.message]
    assert notes == ["no improvement in 2 validations: learning rate lowered to 0.4"]


def test_a_plateau_never_raises_what_rollbacks_have_lowered(start: Start) -> None:
    seams = {"measure": scripted_validation([1.0, 1.0])}
    session = start(schedule="plateau", lr=0.8, final_lr=0.5, eval_every=2, steps=10, seams=seams)
    session.state.lr_scale = 1 / 16
    train(session)
    assert session.state.lr_scale == 1 / 16


def test_a_halved_rate_outlives_the_worker(start: Start) -> None:
    seams = {"measure": scripted_validation([1.0, 1.0])}
    settings = {"schedule": "plateau", "lr": 0.8, "eval_every": 2, "log_every": 1}
    train(start(script={7: [Command("stop")]}, seams=seams, **settings))
    session = start(**settings)
    assert session.lr == pytest.approx(0.4)


# Early stop


def test_a_run_without_improvement_stops_early(start: Start) -> None:
    seams = {"measure": scripted_validation([2.0, 1.5, 1.6, 1.5, 1.7, 1.4])}
    session = start(patience=3, eval_every=2, seams=seams)
    assert train(session) == "finished"
    assert session.state.step == 10
    assert session.paths.read_pointer("best") == 4
    assert "stopped early" in events(session, "note")[-1].message
    again = start(patience=3, eval_every=2, seams=seams)
    assert train(again) == "finished"
    assert again.state.step == 10


def test_without_patience_a_run_does_not_stop_early(start: Start) -> None:
    seams = {"measure": scripted_validation([1.0, 2.0])}
    session = start(eval_every=2, seams=seams)
    train(session)
    assert session.state.step == 24


# Frozen vectors, tied weights


def test_frozen_vectors_do_not_change(start: Start) -> None:
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


def test_a_rollback_continues_from_the_checkpoint_at_half_the_rate(start: Start) -> None:
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
    assert "not finite in 4 consecutive steps" in event.message
    assert visits.count(event.step) == 2
    rates = [record.lr for record in trains_left(session) if record.step > event.step]
    assert set(rates) == {0.01}
    steps = [record.step for record in trains_left(session)]
    assert steps == sorted(set(steps)), "records after the checkpoint are not part of the curve"
    assert session.state.step == 24


def test_a_run_fails_after_too_many_rollbacks(start: Start) -> None:
    session = start(on_divergence="rollback", max_skipped=2, log_every=1, steps=200)
    spoil(session, lambda step: step >= 3)
    with pytest.raises(RnnlabError, match="even after 5 rollbacks"):
        train(session)
    last = session.paths.read_pointer("last")
    assert last is not None
    load_weights(session.paths.weights(last), session.model)
    assert all(parameter.isfinite().all() for parameter in session.model.parameters())


def test_a_rolled_back_run_resumes_exactly_after_a_stop(start: Start) -> None:
    """Learning rate and number of rollbacks are part of the checkpoint."""
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
    session = start(task=task, lr=2.0, clip=0, log_every=1, steps=24)
    train(session)
    # The first update alone raises the loss to 2.2 (sentences) and 2.8 times that of guessing;
    # 2 is a divergence. Rounding errors, which later grow, cannot change that.
    assert events(session, "diverged")[0].step == 2
    last = session.paths.read_pointer("last")
    assert last is not None
    load_weights(session.paths.weights(last), session.model)
    assert all(parameter.isfinite().all() for parameter in session.model.parameters())


def test_consecutive_bad_steps_are_counted_across_records(start: Start) -> None:
    """Two steps at the end of a record and two at the start of the next make four."""
    session = start(max_skipped=4, log_every=5, steps=24, on_divergence="rollback")
    spoil(session, lambda step: step in (8, 9, 10, 11) and session.state.num_rollbacks == 0)
    train(session)
    assert "in 4 consecutive steps" in events(session, "rollback")[0].message
    fewer = start("fewer", max_skipped=4, log_every=5, steps=24, on_divergence="rollback")
    spoil(fewer, lambda step: step in (7, 8, 9, 11, 12, 13))
    train(fewer)
    assert events(fewer, "rollback") == []


def test_the_count_of_consecutive_bad_steps_survives_a_restart(start: Start) -> None:
    settings = {"max_skipped": 6, "log_every": 5, "steps": 30}
    stopped = start(script={10: [Command("stop")]}, **settings)
    spoil(stopped, lambda step: step >= 6)
    assert train(stopped) == "stopped"
    resumed = start(**settings)
    spoil(resumed, lambda step: step < 12)
    with pytest.raises(RnnlabError, match="in 6 consecutive steps"):
        train(resumed)


def test_a_rollback_skips_checkpoints_of_the_divergence(start: Start) -> None:
    """A checkpoint that was saved after the loss exploded is not a target of the rollback."""
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
    assert event.step == 8, "saved before the last normal record"
    assert session.paths.read_pointer("last") == 40
    assert all(parameter.abs().max() < 100 for parameter in session.model.parameters())


def test_a_rollback_without_a_checkpoint_is_an_error(start: Start) -> None:
    with pytest.raises(RnnlabError, match="the loss diverged, before the first checkpoint"):
        start(on_divergence="rollback").roll_back("the loss diverged")


def test_a_rollback_finds_the_best_weights_of_its_checkpoint(start: Start) -> None:
    """They are kept although a validation after that checkpoint found better ones."""
    session = start(
        on_divergence="rollback", max_skipped=2, log_every=5, eval_every=2, checkpoint_every=100,
        keep=1, steps=12, seams={"measure": scripted_validation([1.0, 1.5, 0.5, 1.5])},
    )  # fmt: skip
    spoil(session, lambda step: step in (7, 8, 9) and session.state.num_rollbacks == 0)
    train(session)
    [event] = events(session, "rollback")
    assert event.step == 4, "trusted at step 5, before the better weights of step 6"
    assert session.paths.read_pointer("best") == 2
    load_weights(session.paths.weights(2), session.model)


def test_overflowed_weights_are_rolled_back_if_allowed(start: Start) -> None:
    session = start(on_divergence="rollback", log_every=5, checkpoint_every=2, steps=24)
    control: Any = session.control

    def overflow(step: int) -> None:
        if step == 13 and session.state.num_rollbacks == 0:
            with torch.no_grad():
                session.model.head.bias[0] = math.inf

    control.on_step = overflow
    assert train(session) == "finished"
    assert len(events(session, "rollback")) == 1


def test_a_finite_divergence_rolls_back_if_allowed(start: Start) -> None:
    session = start(
        lr=50.0, clip=0, log_every=1, steps=40, on_divergence="rollback", optimizer="sgd",
        checkpoint_every=1000, eval_every=1000,
    )  # fmt: skip
    try:
        train(session)
    except RnnlabError as error:
        assert "even after 5 rollbacks" in str(error)  # noqa: PT017
    assert session.state.num_rollbacks > 0
    assert events(session, "rollback")[0].step == 0


def test_validation_of_a_language_model_has_no_accuracy(start: Start) -> None:
    session = start(steps=8)
    train(session)
    assert [record.accuracy for record in records(session, EvalRecord)] == [None]
