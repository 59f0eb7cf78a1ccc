"""The records of the training loop update the status of the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rnnlab.base.preferences import save_preference
from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import EventRecord, Status, TrainRecord
from rnnlab.worker._notify import Notifier
from rnnlab.worker.train import Steering


class FakeReporter:
    """Stores the status."""

    status = Status(state="running")

    def commands(self) -> list[Command]:
        return []

    def wait(self) -> None: ...

    def change(self, **changes: Any) -> None:
        self.status = replace(self.status, **changes)


@pytest.fixture
def reporter() -> FakeReporter:
    return FakeReporter()


def alarm_after(
    reporter: FakeReporter, record: EventRecord | TrainRecord, *, is_high: bool = False
) -> str:
    """Let the loop write a record; return the alarm of the status."""
    session: Any = SimpleNamespace(
        watch=SimpleNamespace(is_high=is_high), state=None, progress=0.5, epoch=1.0
    )
    steering: Any = Steering(reporter)  # type: ignore[arg-type]
    steering.on_record(record, session)
    return reporter.status.alarm


def step(skipped: int = 0) -> TrainRecord:
    return TrainRecord(10, 0.1, 1.0, 2.0, 0.5, 0.9, 0.1, skipped, 0.002, 1000.0)


@pytest.mark.parametrize("event", ["diverged", "skipped"])
def test_an_alarm_lasts_until_the_loss_is_normal(reporter: FakeReporter, event: str) -> None:
    assert alarm_after(reporter, step()) == ""
    assert alarm_after(reporter, EventRecord(10, event, "lower --lr")) == "lower --lr"
    assert alarm_after(reporter, step(), is_high=True) == "lower --lr"
    assert alarm_after(reporter, step(skipped=1)) == "lower --lr"
    assert alarm_after(reporter, EventRecord(20, "checkpoint")) == "lower --lr"
    assert alarm_after(reporter, step()) == ""


@pytest.mark.parametrize("event", ["diverged", "target"])
def test_the_user_is_notified_of_a_divergence_and_of_a_target(
    reporter: FakeReporter, tmp_path: Path, event: str
) -> None:
    heard = tmp_path / "heard"
    save_preference("notify", f'echo "$RNNLAB_EVENT $RNNLAB_MESSAGE" > {heard}; exit 1')
    notifier = Notifier(tmp_path / "mine")
    notes: list[str] = []
    session: Any = SimpleNamespace(
        watch=SimpleNamespace(is_high=False), state=None, progress=0.5, epoch=1.0, total_steps=20,
        log=SimpleNamespace(note=lambda _event, message: notes.append(message)),
    )  # fmt: skip
    steering: Any = Steering(reporter, notifier)  # type: ignore[arg-type]
    steering.on_record(EventRecord(10, event, "val 1.2"), session)
    steering.on_record(EventRecord(10, "checkpoint"), session)
    problems = notifier.close()
    assert heard.read_text().startswith(f"{event} mine ")
    assert heard.read_text().endswith(" at step 10: val 1.2\n")
    assert reporter.status.reached == ("val 1.2" if event == "target" else "")
    assert problems == ["the notify command ended with code 1"]


def test_a_spike_sets_no_alarm(reporter: FakeReporter) -> None:
    assert alarm_after(reporter, EventRecord(10, "spike", "loss 9")) == ""
