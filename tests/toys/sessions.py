"""Sessions on a tiny text, steered by a script and a clock that is moved by hand."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor

from rnnlab.base import registry
from rnnlab.corpora import Dataset, Documents, Task
from rnnlab.runs.history import read_history
from rnnlab.runs.journal import JournalTail
from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import EvalRecord, EventRecord, LayersRecord, Record, TrainRecord
from rnnlab.settings.run_config import RunConfig
from rnnlab.training import Evaluation, Mirror, Session

Script = dict[int, list[Command]]
_Record = TypeVar("_Record", TrainRecord, EvalRecord, EventRecord, LayersRecord)


class NoMirror(Mirror):
    """Writes nothing: the TensorBoard mirror has tests of its own and takes its time."""

    def __init__(self, *_: object) -> None: ...

    def add(self, *_: object) -> None: ...

    def add_histograms(self, *_: object) -> None: ...

    def close(self) -> None: ...


@cache
def make_dataset(text: str, config: RunConfig) -> Dataset:
    task: Task = registry.load("corpora/tasks", config.task)
    return task.build(make_documents(text) if config.task == "classify" else text, None, config)


def make_documents(text: str) -> Documents:
    """Return the sentences of a text, labelled by whether a king is in it."""
    sentences = [sentence.strip() for sentence in text.split(".") if sentence.strip()]
    labels = ["king" if "roi" in sentence else "none" for sentence in sentences]
    return Documents(tuple(sentences), tuple(labels), (), ("king", "none"))


def make_text() -> str:
    """About 900 letters in short sentences, easy to learn something from."""
    chance = random.Random(2)
    words = ["le", "roi", "mange", "un", "pain", "bon"]
    return " ".join(
        " ".join(chance.choice(words) for _ in range(chance.randint(2, 6))) + "." for _ in range(50)
    )


class ScriptedControl:
    """Gives the commands that a script names for a step, and keeps the weights of every step."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.session: Session | None = None
        self.num_waits = 0
        self.heard_records: list[Record] = []
        self.weights: dict[int, list[Tensor]] = {}
        """Weights, then the optimiser's state, after so many steps."""
        self.on_step: Callable[[int], None] = lambda _step: None

    def commands(self) -> list[Command]:
        assert self.session is not None
        step = self.session.state.step
        self.weights[step] = snapshot(self.session)
        self.on_step(step)
        return self.script.pop(step, [])

    def wait(self) -> None:
        """What is paused goes on at once, after whatever the script has for step -1."""
        assert self.session is not None
        self.num_waits += 1
        later = self.script.pop(-1, [Command("resume")])
        self.script[self.session.state.step] = later

    def on_record(self, record: Record, session: Session) -> None:
        self.heard_records.append(record)


def records(session: Session, kind: type[_Record]) -> list[_Record]:
    """Return the records of a kind that a session has written to its journal."""
    written = JournalTail(session.paths.journal).read().records
    return [record for record in written if isinstance(record, kind)]


def trains(session: Session) -> list[TrainRecord]:
    """Return all train records, also those that a rollback has undone."""
    return records(session, TrainRecord)


def trains_left(session: Session) -> list[TrainRecord]:
    """Return the train records without those that a rollback has undone."""
    return read_history(session.paths.journal).train


def events(session: Session, event: str) -> list[EventRecord]:
    return [record for record in records(session, EventRecord) if record.event == event]


def event_lines(session: Session) -> list[tuple[int, str, str]]:
    """Return step, event and message of every event."""
    return [(r.step, r.event, r.message) for r in records(session, EventRecord)]


class Clock:
    """Stands still unless it is moved; `per_reading` moves it at every reading."""

    def __init__(self, now: float = 0.0, per_reading: float = 0.0) -> None:
        self.now = now
        self.per_reading = per_reading

    def __call__(self) -> float:
        self.now += self.per_reading
        return self.now


def snapshot(session: Session) -> list[Tensor]:
    """Return copies of the weights, then of the optimiser's state, in a fixed order."""
    optimizer = session.optimizer.state_dict()["state"]
    moments = [
        entries[name]
        for _, entries in sorted(optimizer.items())
        for name in sorted(entries)
        if entries[name] is not None
    ]
    return [torch.as_tensor(t).detach().clone() for t in [*session.model.parameters(), *moments]]


def spoil(session: Session, is_bad: Callable[[int], bool]) -> None:
    """Make some steps' loss not finite, numbered from 0."""
    session.model.head.bias.register_hook(  # type: ignore[no-untyped-call]
        lambda gradient: gradient * math.inf if is_bad(session.state.step) else gradient
    )


def scripted_validation(losses: list[float]) -> Callable[..., Evaluation]:
    """Return a measure whose results are those of a list, the last one for ever."""
    left = list(losses)
    return lambda *_: Evaluation(left.pop(0) if len(left) > 1 else left[0], 0.5, 10)
