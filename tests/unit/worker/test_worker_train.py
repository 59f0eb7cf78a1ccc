"""What the training loop says becomes the run's status."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import EventRecord, Status, TrainRecord
from rnnlab.worker.train import Steering


class Attendant:
    """Keeps the status that it is told."""

    status = Status(state="running")

    def take(self) -> list[Command]:
        return []

    def wait(self) -> None: ...

    def change(self, **changes: Any) -> None:
        self.status = replace(self.status, **changes)


@pytest.fixture
def attendant() -> Attendant:
    return Attendant()


def tell(attendant: Attendant, record: EventRecord | TrainRecord, *, is_high: bool = False) -> str:
    """Let the loop write a record; return what is wrong after it."""
    session: Any = SimpleNamespace(
        watch=SimpleNamespace(is_high=is_high), state=None, progress=0.5, epoch=1.0
    )
    steering: Any = Steering(attendant)  # type: ignore[arg-type]
    steering.on_record(record, session)
    return attendant.status.alarm


def step(skipped: int = 0) -> TrainRecord:
    return TrainRecord(10, 0.1, 1.0, 2.0, 0.5, 0.9, 0.1, skipped, 0.002, 1000.0)


@pytest.mark.parametrize("event", ["diverged", "skipped"])
def test_trouble_is_said_until_the_run_is_well(attendant: Attendant, event: str) -> None:
    assert tell(attendant, step()) == ""
    assert tell(attendant, EventRecord(10, event, "lower --lr")) == "lower --lr"
    assert tell(attendant, step(), is_high=True) == "lower --lr"
    assert tell(attendant, step(skipped=1)) == "lower --lr"
    assert tell(attendant, EventRecord(20, "checkpoint")) == "lower --lr"
    assert tell(attendant, step()) == ""


def test_a_spike_passes_by_itself(attendant: Attendant) -> None:
    assert tell(attendant, EventRecord(10, "spike", "loss 9")) == ""
