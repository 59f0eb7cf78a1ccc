"""Exact resume: a run that was stopped or killed anywhere continues identically, to the bit.

Floats are compared with `==` here: both sides run the same operations in the same order, in one
process with one thread, so any processor gives both the same bits.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.models import load_weights
from rnnlab.runs.journal import JournalTail
from rnnlab.runs.mailbox import Command
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import EvalRecord, LayersRecord, TrainRecord
from rnnlab.training import Session, train
from tests.toys.sessions import snapshot
from tests.toys.steppers import needs_native

Start = Callable[..., Session]
Curve = dict[tuple[str, int], tuple[object, ...]]

STREAM: dict[str, object] = {"layers": 2, "dropout": 0.3, "schedule": "cosine"}
"""Log windows of 5 steps, epochs of 20 steps."""


def curve(session: Session) -> Curve:
    """Return the last record of each step, without times."""
    result: Curve = {}
    for record in JournalTail(session.paths.journal).read().records:
        match record:
            case TrainRecord() as r:
                result["train", r.step] = (
                    r.epoch, r.train_loss, r.grad_norm, r.grad_norm_max, r.clipped, r.skipped, r.lr,
                )  # fmt: skip
            case EvalRecord() as r:
                result["eval", r.step] = (r.epoch, r.val_loss, r.is_best)
            case LayersRecord() as r:
                result["layers", r.step] = tuple(r.grad_norms.items())
    return result


def assert_same_end(resumed: Session, whole: Session) -> None:
    assert curve(resumed) == curve(whole)
    pairs = zip(resumed.model.parameters(), whole.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert torch.equal(resumed.state.generator.get_state(), whole.state.generator.get_state())
    for pointer in ("last", "best"):
        paths = resumed.paths
        assert paths.read_pointer(pointer) == whole.paths.read_pointer(pointer)


def assert_exact(start: Start, stops: Sequence[int], settings: dict[str, object]) -> Session:
    """Stop and resume a run at some steps, compare it with an uninterrupted run, return that."""
    whole = start("whole", **settings)
    train(whole)
    control: Any = whole.control
    for stop_at in stops:
        assert train(start("cut", {stop_at: [Command("stop")]}, **settings)) == "stopped"
        resumed = start("cut", **settings)
        assert resumed.state.step == stop_at
        pairs = zip(snapshot(resumed), control.weights[stop_at], strict=True)
        assert all(torch.equal(a, b) for a, b in pairs), f"stopped at {stop_at}"
    assert train(resumed) == "finished"
    assert_same_end(resumed, whole)
    assert len(curve(whole)) >= 10
    return whole


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "rmsprop"])
def test_every_optimizer_resumes_exactly(start: Start, optimizer: str) -> None:
    settings = {**STREAM, "optimizer": optimizer, "weight_decay": 0.1, "steps": 14}
    assert_exact(start, [7], settings)


def test_a_run_resumes_exactly_from_any_step(start: Start) -> None:
    """Stops before and after a record, a validation and the end of an epoch."""
    whole = assert_exact(start, [1, 5, 9, 19, 20, 21], {**STREAM, "steps": 30})
    assert whole.batches_per_epoch == 20


@pytest.mark.parametrize(
    "settings",
    [
        {"task": "sentences", "cell": "gru", "dropout": 0.2, "steps": 14},
        {"cell": "rnn", "one_hot": True, "engine": "equations", "clip": 0.1, "steps": 14},
        {"cell": "gru", "dtype": "float64", "layers": 2, "steps": 14},
        {"cell": "lstm", "dtype": "bfloat16", "dropout": 0.2, "steps": 14},
        pytest.param(
            {"cell": "gru", "dtype": "bfloat16", "engine": "native", "dropout": 0.2, "steps": 14},
            marks=needs_native,
        ),
        {"task": "sentences", "schedule": "cosine", "steps": None, "epochs": 2.5},
    ],
)
def test_every_kind_of_run_resumes_exactly(
    start: Start, settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNLAB_BFLOAT16", "emulated")
    assert_exact(start, [11], settings)


def test_the_carried_state_is_resumed(start: Start) -> None:
    stopped = start("cut", {13: [Command("stop")]}, **STREAM)
    train(stopped)
    resumed = start("cut", **STREAM)
    carried, before = resumed.state.carried, stopped.state.carried
    assert carried is not None
    assert before is not None
    for layer, layer_before in zip(carried, before, strict=True):
        assert len(layer) == 2
        assert all(map(torch.equal, layer, layer_before))
    assert any(part.any() for layer in carried for part in layer)


class Killed(BaseException):
    """Simulates SIGKILL: it is not caught, and nothing is saved after it."""


def assert_pointers_lead_somewhere(paths: RunPaths) -> None:
    last = paths.read_pointer("last")
    if last is not None:
        assert paths.weights(last).is_file()
        assert paths.training_state(last).is_file()
    best = paths.read_pointer("best")
    if best is not None:
        assert paths.weights(best).is_file()


@pytest.fixture
def on_change(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Return a function that registers a callback for every change on the disk."""
    actions: list[Callable[[], None]] = []
    replace, unlink = os.replace, Path.unlink

    def changed() -> None:
        for action in actions:
            action()

    def watched_replace(*arguments: Any) -> None:
        replace(*arguments)
        changed()

    def watched_unlink(self: Path, missing_ok: bool = False) -> None:
        is_temporary = self.name.endswith(".tmp")
        unlink(self, missing_ok=missing_ok)
        if not is_temporary:
            changed()

    monkeypatch.setattr(os, "replace", watched_replace)
    monkeypatch.setattr(Path, "unlink", watched_unlink)
    return actions.append


def test_a_run_killed_after_any_change_on_disk_resumes_exactly(
    start: Start, on_change: Callable[[Callable[[], None]], None]
) -> None:
    """The folder is copied after each change: that is its state after a kill."""
    settings = {
        "hidden": 4, "steps": 6, "eval_every": 3, "checkpoint_every": 2, "log_every": 2, "keep": 1,
    }  # fmt: skip
    whole = start("whole", **settings)
    folder = whole.paths.root
    copies: list[Path] = []
    is_copying = True

    def copy() -> None:
        if is_copying:
            assert_pointers_lead_somewhere(whole.paths)
            copies.append(folder.with_name(f"killed-{len(copies)}"))
            shutil.copytree(folder, copies[-1])

    on_change(copy)
    train(whole)
    is_copying = False
    assert len(copies) > 20
    kept = {whole.paths.read_pointer("last"), whole.paths.read_pointer("best")}
    assert set(whole.paths.checkpoint_steps()) == kept
    for killed in copies:
        resumed = start(killed.name, **settings)
        train(resumed)
        assert_same_end(resumed, whole)
        assert_pointers_lead_somewhere(resumed.paths)


def test_a_run_killed_between_checkpoints_repeats_the_lost_steps_exactly(start: Start) -> None:
    whole = start("whole", **STREAM)
    train(whole)
    killed = start("cut", **STREAM)

    def kill(step: int) -> None:
        if step == 11:
            raise Killed

    control: Any = killed.control
    control.on_step = kill
    with pytest.raises(Killed):
        train(killed)
    resumed = start("cut", **STREAM)
    assert resumed.state.step == 8
    train(resumed)
    assert_same_end(resumed, whole)


def test_the_best_checkpoint_is_kept_even_if_the_state_has_another(start: Start) -> None:
    """Like after a kill between the writes of both pointers, and a restart with other settings."""
    train(start(script={6: [Command("stop")]}, keep=1))
    session = start(keep=1)
    assert session.state.best_step is None
    session.paths.weights(4).write_bytes(session.paths.weights(6).read_bytes())
    session.paths.pointer("best").write_text("4\n")
    session.save()
    assert session.paths.checkpoint_steps() == [4, 6]
    session.state.best_step = 6
    session.save()
    session.settle()
    assert session.paths.read_pointer("best") == 6
    assert session.paths.checkpoint_steps() == [6]


# What is kept


def files(session: Session, pattern: str) -> list[str]:
    return sorted(file.name for file in session.paths.root.glob(pattern))


@pytest.mark.parametrize("keep", [1, 3])
def test_the_newest_checkpoints_and_the_best_are_kept(
    start: Start, keep: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = start(keep=keep, checkpoint_every=1)
    saved: list[list[int]] = []
    save = session.checkpoints.save

    def watched_save(*arguments: Any) -> None:
        save(*arguments)
        session.checkpoints.tidy(wait=True)
        steps, best = session.paths.checkpoint_steps(), session.state.best_step
        step = session.state.step
        assert set(steps) == {
            *range(max(0, step - keep + 1), step + 1),
            step if best is None else best,
        }
        assert session.paths.read_pointer("last") == step
        assert session.paths.read_pointer("best") == best
        assert files(session, "training-*") == [session.paths.training_state(step).name]
        saved.append(steps)

    monkeypatch.setattr(session.checkpoints, "save", watched_save)
    train(session)
    assert len(saved) >= 24
    assert files(session, ".*") == []


def test_best_is_the_lowest_validation_loss(start: Start) -> None:
    session = start(lr=0.3, optimizer="sgd", eval_every=4, steps=40, keep=100, clip=0)
    train(session)
    result = {
        step: loss for (kind, step), (_, loss, *_) in curve(session).items() if kind == "eval"
    }
    best = min(result, key=lambda step: result[step] or 99.0)  # type: ignore[arg-type, return-value]
    assert session.paths.read_pointer("best") == session.state.best_step == best
    is_best = [
        step for (kind, step), values in curve(session).items() if kind == "eval" and values[2]
    ]
    assert is_best[-1] == best


def test_weights_of_a_checkpoint_are_those_of_its_step(start: Start) -> None:
    session = start(keep=100)
    train(session)
    control: Any = session.control
    for step in (0, 6, 8, 18):
        load_weights(session.paths.weights(step), session.model)
        result = list(session.model.parameters())
        assert all(map(torch.equal, result, control.weights[step]))


# What cannot be resumed


def test_a_changed_corpus_is_refused(start: Start) -> None:
    train(start(script={5: [Command("stop")]}))
    with pytest.raises(BadInputError, match="corpus of 'run' has changed"):
        start(text="Un autre texte. " * 60)


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_broken_training_state_is_reported_in_one_line(
    start: Start, content: bytes | None
) -> None:
    session = start(script={5: [Command("stop")]})
    train(session)
    file = session.paths.training_state(5)
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(RnnlabError, match="--init-from run@5") as caught:
        start()
    assert file.name in str(caught.value)
    assert str(caught.value).isprintable()


def test_nothing_that_could_be_executed_is_written(start: Start) -> None:
    """Every tensor file is safetensors: eight bytes of length, then a JSON header."""
    session = start(**STREAM)
    train(session)
    result = list(session.paths.root.glob("*.safetensors"))
    assert len(result) >= 2
    for file in result:
        data = file.read_bytes()
        size = int.from_bytes(data[:8], "little")
        assert isinstance(json.loads(data[8 : 8 + size]), dict)
    assert not list(session.paths.root.glob("*.pt*"))


@pytest.mark.parametrize("content", ["", "x"])
def test_a_run_whose_pointer_is_damaged_goes_on_from_its_newest_checkpoint(
    start: Start, content: str
) -> None:
    """From step 0 it would write a second curve, and delete the checkpoints of the first."""
    whole = start("whole", **STREAM)
    train(whole)
    stopped = start("run", {13: [Command("stop")]}, **STREAM)
    assert train(stopped) == "stopped"
    stopped.paths.pointer("last").write_text(content)
    resumed = start("run", **STREAM)
    assert resumed.state.step == 13
    train(resumed)
    assert_same_end(resumed, whole)
