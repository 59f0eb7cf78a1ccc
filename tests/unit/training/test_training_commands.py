"""Commands to a run: stop, save, pause, resume, and changes of its settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rnnlab.runs.fresh_checkpoint import FOR_A_PROMPT
from rnnlab.runs.held_folder import FolderMovedError
from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import EventRecord, Record
from rnnlab.training import Session, train
from tests.toys.sessions import Clock, event_lines, trains

Start = Callable[..., Session]


def control(session: Session) -> Any:
    return session.control


def test_stop_ends_the_run_with_a_checkpoint_of_its_last_step(start: Start) -> None:
    session = start(script={4: [Command("stop")]})
    assert train(session) == "stopped"
    assert session.state.step == 4
    assert session.paths.read_pointer("last") == 4


def test_checkpoint_saves_at_once(start: Start) -> None:
    session = start(script={3: [Command("checkpoint")]}, keep=100)
    train(session)
    assert 3 in session.paths.checkpoint_steps()
    assert (3, "checkpoint", "requested") in event_lines(session)


def test_a_checkpoint_for_a_prompt_is_saved_without_an_event(start: Start) -> None:
    session = start(script={3: [Command("checkpoint", FOR_A_PROMPT)]}, keep=9)
    train(session)
    assert 3 in session.paths.checkpoint_steps()
    assert not [event for event in event_lines(session) if event[1] == "checkpoint"]


def test_pause_saves_and_waits_until_resume(start: Start) -> None:
    session = start(script={3: [Command("pause"), Command("pause")]}, keep=100)
    paused: list[bool] = []
    control(session).on_step = lambda _step: paused.append(session.is_paused)
    assert train(session) == "finished"
    assert control(session).num_waits == 1
    assert 3 in session.paths.checkpoint_steps()
    said = [(step, event) for step, event, _ in event_lines(session)]
    assert said[-2:] == [(3, "paused"), (3, "continued")]
    assert sum(paused) == 1


def test_a_run_is_paused_only_once_its_checkpoint_is_written(start: Start) -> None:
    session = start(script={3: [Command("pause")]})
    saved: list[int | None] = []

    def note(record: Record, session: Session) -> None:
        if isinstance(record, EventRecord) and record.event == "paused":
            saved.append(session.paths.read_pointer("last"))

    control(session).on_record = note
    train(session)
    assert saved == [3]


def test_a_folder_that_is_moved_gets_no_checkpoint_any_more(start: Start) -> None:
    def check() -> None:
        if session.state.step > 5:
            raise FolderMovedError("moved")

    session = start(seams={"check_folder": lambda: None}, checkpoint_every=2, keep=100)
    session.check_folder = check
    with pytest.raises(FolderMovedError):
        train(session)
    assert session.paths.checkpoint_steps() == [0, 2, 4]


def test_a_resume_without_a_pause_does_nothing(start: Start) -> None:
    session = start(script={3: [Command("resume")]})
    train(session)
    assert "continued" not in [event for _, event, _ in event_lines(session)]


def test_a_paused_run_can_be_stopped(start: Start) -> None:
    session = start(script={3: [Command("pause")], -1: [Command("stop")]})
    assert train(session) == "stopped"
    assert session.state.step == 3


def test_commands_are_executed_while_paused(start: Start) -> None:
    later = [Command("set", "lr", 0.5), Command("checkpoint"), Command("resume")]
    session = start(script={3: [Command("pause")], -1: later}, log_every=1)
    train(session)
    assert [r.lr for r in trains(session)] == [0.02] * 3 + [0.5] * 21


def test_time_spent_paused_is_not_training_time(start: Start) -> None:
    clock = Clock()
    later = [Command("checkpoint"), Command("resume")]
    script = {3: [Command("pause")], -1: later}
    session = start(script=script, steps=6, seams={"clock": clock})

    def pass_time(_step: int) -> None:
        clock.now += 1000.0 if session.is_paused else 1.0

    control(session).on_step = pass_time
    train(session)
    assert session.state.elapsed_s == 6.0


def test_rate_and_clipping_can_be_changed_during_training(start: Start) -> None:
    changes = [Command("set", "lr", 0.125), Command("set", "clip", 0.5)]
    session = start(script={10: changes}, log_every=1)
    train(session)
    assert [r.lr for r in trains(session)] == [0.02] * 10 + [0.125] * 14
    assert session.config.clip == 0.5
    assert (10, "set", "lr 0.02 -> 0.125") in event_lines(session)
    assert (10, "set", "clip 1 -> 0.5") in event_lines(session)
    for record in trains(session)[10:]:
        assert record.clipped == float((record.grad_norm or 0.0) > 0.5)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("hidden", 5, "'hidden' cannot be changed during training"),
        ("lr", -1, "lr = -1"),
        ("lr", float("nan"), "lr = nan"),
        ("clip", -0.5, "clip = -0.5"),
        ("", 0, "''"),
    ],
)
def test_an_invalid_change_is_logged_and_ignored(
    start: Start, name: str, value: float, said: str
) -> None:
    session = start(script={2: [Command("set", name, value)]}, steps=4)
    before = session.config
    assert train(session) == "finished"
    assert session.config == before
    assert any(event == "note" and said in message for _, event, message in event_lines(session))
