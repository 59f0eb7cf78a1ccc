"""The loop: it learns, writes records when due and ends at its limits.

Losses are compared with `==` only between runs of the same operations in the same order.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.inference import load_model
from rnnlab.runs.journal import JournalTail
from rnnlab.runs.records import EvalRecord, LayersRecord
from rnnlab.training import Session, evaluate, train
from tests.toys.numeric import assert_close
from tests.toys.sessions import Clock, event_lines, records, trains
from tests.toys.steppers import needs_native

Start = Callable[..., Session]


def control(session: Session) -> Any:
    return session.control


@pytest.mark.parametrize(
    ("cell", "task", "dtype"),
    [
        *(
            (cell, task, "float32")
            for cell, task in zip(
                registry.names("cells"), itertools.cycle(registry.names("corpora/tasks"))
            )
        ),
        ("lstm", "stream", "bfloat16"),
        ("minlstm", "stream", "bfloat16"),
        ("gru", "sentences", "float64"),
    ],
)
def test_the_loss_falls(start: Start, cell: str, task: str, dtype: str) -> None:
    """The last loss is 0.0 to 0.47 of the first, depending on the cell; the limit is far above."""
    lr = 0.1 if task == "classify" else 0.05
    session = start(cell=cell, task=task, dtype=dtype, steps=40, length=25, eval_every=20, lr=lr)
    assert train(session) == "finished"
    losses = [math.inf if r.train_loss is None else r.train_loss for r in trains(session)]
    assert losses[-1] < 0.8 * losses[0]
    result = [record.val_loss for record in records(session, EvalRecord)]
    assert None not in result
    assert [record.is_best for record in records(session, EvalRecord)] == [True, True]
    assert all(parameter.isfinite().all() for parameter in session.model.parameters())
    wide = torch.float64 if dtype == "float64" else torch.float32
    assert {parameter.dtype for parameter in session.model.parameters()} == {wide}


def test_without_bfloat16_a_run_computes_in_float32_and_logs_it(
    start: Start,
) -> None:
    losses = []
    for dtype in ("float32", "bfloat16"):
        seams = {"has_bfloat16": lambda: False}
        session = start(dtype, dtype=dtype, steps=10, seams=seams)
        train(session)
        losses.append([record.train_loss for record in trains(session)])
        notes = [message for _, _, message in event_lines(session) if "bfloat16" in message]
        assert bool(notes) == (dtype == "bfloat16")
    assert losses[0] == losses[1]


@needs_native
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_our_kernels_learn_in_bfloat16_what_they_learn_in_float32(
    start: Start, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operand has 8 bits, so a product may be off by 2^-7, and a mean loss by less."""
    monkeypatch.setenv("RNNLAB_BFLOAT16", "emulated")
    losses = []
    for dtype in ("float32", "bfloat16"):
        seams = {"has_bfloat16": lambda: False}  # of torch, which does not compute here
        session = start(
            dtype, cell=cell, dtype=dtype, engine="native", steps=200, log_every=50, seams=seams
        )
        assert session.dtype == dtype
        train(session)
        assert {p.dtype for p in session.model.parameters()} == {torch.float32}
        losses.append([math.inf if r.train_loss is None else r.train_loss for r in trains(session)])
    wide, narrow = losses
    assert wide != narrow
    assert narrow[-1] < 0.9 * narrow[0]
    assert narrow == pytest.approx(wide, rel=2.0**-7)


@needs_native
def test_a_native_run_in_bfloat16_without_instructions_ends_before_its_first_step(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNLAB_BFLOAT16", "0")
    with pytest.raises(BadInputError, match="cannot compute in bfloat16: disabled by"):
        start(dtype="bfloat16", engine="native")


def test_both_engines_learn_the_same(start: Start) -> None:
    losses = []
    for engine in ("fused", "equations"):
        # Adam would divide a rounding error by itself if a gradient is nearly zero.
        session = start(engine, engine=engine, dtype="float64", optimizer="sgd", lr=0.5)
        train(session)
        losses.append(np.array([r.train_loss for r in trains(session)], dtype=np.float64))
    num_terms = 24 * 40 * 16  # steps, targets of a step, operands of a gate
    assert_close(losses[0], losses[1], terms=num_terms)


def test_records_are_written_when_they_are_due(start: Start) -> None:
    session = start(steps=23, log_every=5, eval_every=8, checkpoint_every=6, keep=100)
    train(session)
    assert [r.step for r in trains(session)] == [1, 5, 10, 15, 20, 23]
    assert [r.step for r in records(session, LayersRecord)] == [1, 5, 10, 15, 20, 23]
    assert [r.step for r in records(session, EvalRecord)] == [8, 16, 23]
    assert session.paths.checkpoint_steps() == [0, 6, 8, 12, 16, 18, 23]
    written = JournalTail(session.paths.journal).read().records
    assert control(session).heard_records == written
    assert event_lines(session)[-1] == (0, "started", "on cpu")
    assert event_lines(session)[0][1] == "note"


def test_a_validation_is_due_at_the_end_of_each_epoch(start: Start) -> None:
    session = start(eval_every=0, epochs=2.5)
    train(session)
    per_epoch = session.dataset.splits["train"].num_batches()
    assert [r.step for r in records(session, EvalRecord)] == [
        per_epoch, 2 * per_epoch, round(2.5 * per_epoch),
    ]  # fmt: skip
    assert records(session, EvalRecord)[0].epoch == 1.0
    assert trains(session)[-1].epoch == pytest.approx(2.5, abs=0.05)


def test_the_first_of_two_limits_ends_the_run(start: Start) -> None:
    session = start("steps", steps=7, epochs=50)
    train(session)
    assert (session.state.step, session.total_steps) == (7, 7)
    per_epoch = session.dataset.splits["train"].num_batches()
    assert start("epochs", steps=1000, epochs=1).total_steps == per_epoch
    assert start("minutes", minutes=1).total_steps is None


def test_the_loss_of_a_record_is_the_mean_over_its_tokens(start: Start) -> None:
    fine, coarse = start("fine", log_every=1), start("coarse", log_every=6)
    train(fine)
    train(coarse)
    every = {record.step: record for record in trains(fine)}
    sizes = [batch.num_tokens for batch in fine.train_split.train_batches(0)] * 3
    for record in trains(coarse)[1:]:
        steps = range(max(2, record.step - 5), record.step + 1)
        weights = [sizes[step - 1] for step in steps]
        losses = [every[step].train_loss or 0.0 for step in steps]
        norms = [every[step].grad_norm or 0.0 for step in steps]
        mean = sum(map(float.__mul__, losses, map(float, weights))) / sum(weights)
        assert record.train_loss == pytest.approx(mean)
        assert record.grad_norm == pytest.approx(sum(norms) / len(norms))
        assert record.grad_norm_max == pytest.approx(max(norms))


def test_the_rate_of_a_record_includes_the_wait_for_the_device(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    session = start(steps=1, seams={"clock": clock})
    window = session.state.window
    fold = window.fold

    def fold_after_4_s() -> None:
        clock.now += 4.0
        fold()

    monkeypatch.setattr(window, "fold", fold_after_4_s)
    train(session)
    [record] = trains(session)
    assert record.tokens_per_s == 4 * 10 / 4.0, "batch 4, length 10"


def test_the_fraction_of_clipped_steps_is_recorded(start: Start) -> None:
    norms = []
    free = start("free", clip=0, log_every=1, lr=0.001)
    train(free)
    norms = [record.grad_norm or 0.0 for record in trains(free)]
    assert {record.clipped for record in trains(free)} == {0.0}
    bound = sorted(norms)[len(norms) // 2]

    clipped = start("clipped", clip=bound, log_every=1, lr=0.001)
    train(clipped)
    for record in trains(clipped):
        assert record.clipped == float((record.grad_norm or 0.0) > bound)
    shares = [record.clipped for record in trains(clipped)]
    assert 0 < sum(shares) < len(shares)

    coarse = start("coarse", clip=bound, log_every=6, lr=0.001)
    train(coarse)
    assert [r.clipped for r in trains(coarse)[1:]] == pytest.approx(
        [sum(shares[1:6]) / 5, *(sum(shares[i : i + 6]) / 6 for i in (6, 12, 18))]
    )


def test_a_clipped_gradient_has_the_norm_of_the_limit(start: Start) -> None:
    """The length of a step of SGD is the rate times the norm of the gradient."""
    session = start(optimizer="sgd", lr=1.0, clip=0.01, steps=3)
    train(session)
    weights = control(session).weights
    moved = [b - a for a, b in zip(weights[0], weights[1], strict=False)]
    assert torch.stack([m.norm() for m in moved]).norm().item() == pytest.approx(0.01, rel=1e-3)


def test_the_norms_of_the_parameters_give_the_total_norm(start: Start) -> None:
    session = start(layers=2, log_every=1, steps=3, dtype="float64")
    train(session)
    layers = records(session, LayersRecord)
    for record, whole in zip(layers, trains(session), strict=True):
        assert set(record.grad_norms) == {name for name, _ in session.model.named_parameters()}
        squares = sum((norm or 0.0) ** 2 for norm in record.grad_norms.values())
        assert whole.grad_norm is not None
        assert_close(whole.grad_norm, squares**0.5, terms=session.model.num_parameters())


def test_the_validation_loss_does_not_depend_on_batch_or_window(start: Start) -> None:
    result = []
    for name, batch, length in (("wide", 6, 40), ("narrow", 1, 3)):
        session = start(name, batch=batch, length=length, dtype="float64")
        session.validate()
        result.append(records(session, EvalRecord)[-1].val_loss)
    assert result[0] == result[1], "the validation split is not divided by either"


def test_evaluation_changes_neither_mode_nor_random_state(start: Start) -> None:
    session = start(dropout=0.5)
    before = session.state.generator.get_state()
    session.model.train()
    first = evaluate(session.model, session.dataset.splits["val"])
    assert session.model.training
    assert torch.equal(session.state.generator.get_state(), before)
    assert evaluate(session.model.eval(), session.dataset.splits["val"]) == first
    assert not session.model.training


def test_perplexity_and_bits_follow_from_the_loss(start: Start) -> None:
    result = evaluate(start().model, start("other").dataset.splits["val"])
    assert result.perplexity == pytest.approx(2**result.bits_per_char)
    assert result._replace(loss_nats=float("inf")).perplexity > 1e300


# Ends


def test_minutes_end_a_run_by_the_clock(start: Start) -> None:
    clock = Clock()
    session = start(minutes=1, eval_every=1000, seams={"clock": clock})

    def pass_time(_step: int) -> None:
        clock.now += 8.0

    control(session).on_step = pass_time
    assert train(session) == "finished"
    assert (session.state.step, session.state.elapsed_s) == (8, 64.0)
    assert trains(session)[-1].step == records(session, EvalRecord)[-1].step == 8
    assert session.paths.read_pointer("last") == 8


def test_a_finished_run_takes_no_more_steps(start: Start) -> None:
    train(start())
    session = start()
    assert session.progress == 1.0
    assert train(session) == "finished"
    assert session.state.step == 24
    assert event_lines(session)[-1] == (24, "resumed", "from the checkpoint of step 24")


def test_a_longer_limit_continues_a_finished_run(start: Start) -> None:
    train(start(steps=10))
    session = start(steps=20)
    train(session)
    assert trains(session)[-1].step == 20


def test_a_run_can_be_prompted_from_its_start(start: Start) -> None:
    session = start()
    session.paths.config.write_text(session.config.to_toml(), encoding="utf-8")
    session.dataset.vocabulary.save(session.paths.vocabulary)
    steps: list[int] = []
    control(session).on_step = lambda _step: steps.append(load_model(session.paths).step)
    train(session)
    assert steps[0] == 0
    assert steps == sorted(steps)
    assert set(steps) == {0, 6, 8, 12, 16, 18}
