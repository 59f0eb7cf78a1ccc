"""The records of the training loop update the status of the run; a worker ends in any case."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from rnnlab.base.errors import EXIT_FAILED
from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import EventRecord, Status, TrainRecord
from rnnlab.worker import train
from rnnlab.worker.steering import Steering


class FakeReporter:
    """Stores the status."""

    status = Status(state="running")

    def commands(self) -> list[Command]:
        return []

    def wait(self) -> None: ...

    def problems(self) -> list[str]:
        return []

    def change(self, **changes: Any) -> None:
        self.status = replace(self.status, **changes)


@pytest.fixture
def reporter() -> FakeReporter:
    return FakeReporter()


def alarm_after(
    reporter: FakeReporter,
    record: EventRecord | TrainRecord,
    *,
    is_high: bool = False,
    has_diverged: bool = False,
    problem: str = "",
    steering: Any = None,
) -> str:
    """Let the loop write a record; return the alarm of the status."""
    session: Any = SimpleNamespace(
        watch=SimpleNamespace(is_high=is_high, has_diverged=has_diverged),
        saver=SimpleNamespace(problem=problem),
        state=None,
        progress=0.5,
        epoch=1.0,
        total_steps=200,
    )
    steering = steering or Steering(reporter)  # type: ignore[arg-type]
    steering.on_record(record, session)
    return reporter.status.alarm


def step(skipped: int = 0) -> TrainRecord:
    return TrainRecord(10, 0.1, 1.0, 2.0, 0.5, 0.9, 0.1, skipped, 0.002, 1000.0)


def test_the_alarm_of_lost_records_lasts_to_the_end(reporter: FakeReporter) -> None:
    steering: Any = Steering(reporter)  # type: ignore[arg-type]
    lost = EventRecord(10, "journal", "records are lost")
    for record in (step(), lost, step(), step()):
        alarm_after(reporter, record, steering=steering)
    assert reporter.status.alarm == "records are lost"


def test_a_later_alarm_ends_and_that_of_lost_records_comes_back(reporter: FakeReporter) -> None:
    steering: Any = Steering(reporter)  # type: ignore[arg-type]
    alarm_after(reporter, EventRecord(10, "journal", "records are lost"), steering=steering)
    alarm_after(reporter, EventRecord(20, "skipped", "lower --lr"), steering=steering)
    assert alarm_after(reporter, step(skipped=1), steering=steering) == "lower --lr"
    assert alarm_after(reporter, step(), steering=steering) == "records are lost"


def test_an_alarm_lasts_until_the_loss_is_normal(reporter: FakeReporter) -> None:
    assert alarm_after(reporter, step()) == ""
    assert alarm_after(reporter, EventRecord(10, "skipped", "lower --lr")) == "lower --lr"
    assert alarm_after(reporter, step(), is_high=True) == "lower --lr"
    assert alarm_after(reporter, step(skipped=1)) == "lower --lr"
    assert alarm_after(reporter, EventRecord(20, "checkpoint")) == "lower --lr"
    assert alarm_after(reporter, step()) == ""


def test_the_step_of_a_divergence_lasts_until_the_loss_is_normal_or_rolled_back(
    reporter: FakeReporter,
) -> None:
    steering: Any = Steering(reporter)  # type: ignore[arg-type]

    def after(record: EventRecord | TrainRecord, *, has_diverged: bool) -> int | None:
        alarm_after(reporter, record, has_diverged=has_diverged, steering=steering)
        return reporter.status.diverged_step

    assert after(step(), has_diverged=False) is None
    assert after(EventRecord(10, "diverged", "loss is 9"), has_diverged=True) == 10
    assert after(step(), has_diverged=True) == 10
    assert after(EventRecord(20, "stopped"), has_diverged=True) == 10
    assert after(step(), has_diverged=False) is None
    assert after(EventRecord(30, "diverged", "loss is 9"), has_diverged=True) == 30
    assert after(EventRecord(20, "rollback", "loss is 9"), has_diverged=False) is None


def test_a_worker_that_resumes_a_diverged_run_keeps_the_step_of_the_divergence(
    reporter: FakeReporter,
) -> None:
    """It knows nothing of the divergence until its first record has been checked."""
    reporter.change(diverged_step=302)
    steering: Any = Steering(reporter)  # type: ignore[arg-type]
    alarm_after(reporter, step(), steering=steering)
    assert reporter.status.diverged_step == 302
    alarm_after(reporter, EventRecord(310, "diverged"), has_diverged=True, steering=steering)
    assert reporter.status.diverged_step == 302


@pytest.mark.parametrize("event", ["unsaved", "damaged"])
def test_an_alarm_of_the_disk_lasts_as_long_as_the_problem(
    reporter: FakeReporter, event: str
) -> None:
    assert alarm_after(reporter, EventRecord(10, event, "the disk is full")) == "the disk is full"
    assert alarm_after(reporter, step(), problem="still full") == "still full"
    assert alarm_after(reporter, step()) == ""


class FakeNotifier:
    """Stores what it sends, and has had a problem."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, str]] = []

    def send(self, event: str, status: Status, message: str = "") -> None:
        self.sent.append((event, status.step, message))

    def problems(self) -> list[str]:
        return ["the notify command ended with code 1"]


@pytest.mark.parametrize("event", ["diverged", "target"])
def test_the_user_is_notified_of_a_divergence_and_of_a_target(
    reporter: FakeReporter, event: str
) -> None:
    notes: list[tuple[str, str]] = []
    session: Any = SimpleNamespace(
        watch=SimpleNamespace(is_high=False, has_diverged=False),
        saver=SimpleNamespace(problem=""), state=None, progress=0.5, epoch=1.0, total_steps=20,
        log=SimpleNamespace(note=lambda *note: notes.append(note)),
    )  # fmt: skip
    notifier = FakeNotifier()
    steering: Any = Steering(reporter, notifier)  # type: ignore[arg-type]
    steering.on_record(EventRecord(10, event, "val 1.2"), session)
    steering.on_record(EventRecord(10, "checkpoint"), session)
    assert notifier.sent == [(event, 10, "val 1.2")]
    assert reporter.status.reached == ("val 1.2" if event == "target" else "")
    steering.on_record(step(), session)
    assert notes == [("note", "the notify command ended with code 1")]


def test_a_spike_sets_no_alarm(reporter: FakeReporter) -> None:
    assert alarm_after(reporter, EventRecord(10, "spike", "loss 9")) == ""


def test_a_new_end_changes_the_total_and_the_time_left(reporter: FakeReporter) -> None:
    alarm_after(reporter, EventRecord(100, "set", "steps 100 -> 200", time_s=30.0))
    assert reporter.status.total_steps == 200
    assert reporter.status.eta_s == pytest.approx(30.0)


def test_the_first_step_gives_no_estimate_of_the_time_left(reporter: FakeReporter) -> None:
    alarm_after(reporter, replace(step(), step=1, time_s=5.0))
    assert reporter.status.eta_s is None
    alarm_after(reporter, replace(step(), step=2, time_s=5.0))
    assert reporter.status.eta_s == pytest.approx(5.0)


def test_the_stage_ends_with_the_first_step(reporter: FakeReporter) -> None:
    steering = Steering(reporter)  # type: ignore[arg-type]
    reporter.change(stage="first step")
    steering.commands()
    assert reporter.status.stage == "first step"
    steering.commands()
    assert reporter.status.stage == ""


def test_a_worker_that_is_stopped_while_it_loads_ends_although_its_status_is_not_written() -> None:
    """It would train without a status and a mailbox: their threads have ended by then."""

    def end(**_: object) -> NoReturn:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    reporter: Any = SimpleNamespace(end=end)
    notifier: Any = SimpleNamespace()
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(theirs, 2)
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
        try:
            train.end_now(reporter, notifier)
        finally:
            os._exit(99)
    os.close(theirs)
    with os.fdopen(ours) as log:
        assert log.read().splitlines()[-1] == "OSError: [Errno 30] Read-only file system"
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == EXIT_FAILED


def test_the_status_has_the_rate_of_the_last_step(reporter: FakeReporter) -> None:
    alarm_after(reporter, step())
    assert reporter.status.lr == 0.002
