"""A run's curves, rebuilt from its journal as it grows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TypeVar

from rnnlab.runs.journal import JournalChunk, JournalTail
from rnnlab.runs.records import (
    EvalRecord,
    EventRecord,
    LayersRecord,
    ProbeRecord,
    Record,
    SampleRecord,
    TrainRecord,
)

_R = TypeVar("_R", bound=Record)
REWINDING = frozenset({"started", "resumed", "rollback"})
"""Events at which a run stands at an earlier step than before."""

MOST_PROBES = 400
"""Looks that are kept at most where there is a limit: each has some kB for every layer."""


@dataclass
class History:
    """The records of a run by kind, each list ascending in step.

    A worker that resumes goes back to a checkpoint, or starts again where there was none yet; one
    that diverges may go back, too. What the journal says of later steps was lost and is dropped
    here, so that a resumed curve is an uninterrupted one.
    """

    train: list[TrainRecord] = field(default_factory=list)
    evals: list[EvalRecord] = field(default_factory=list)
    layers: list[LayersRecord] = field(default_factory=list)
    probes: list[ProbeRecord] = field(default_factory=list)
    samples: list[SampleRecord] = field(default_factory=list)
    """Of a samples file: it is read as a journal is."""
    events: list[EventRecord] = field(default_factory=list)
    most: int | None = None
    """Records of the frequent kinds that are kept at most; None for all. Beyond it every second
    of the older ones goes, of the losses the one between the extremes. Of looks MOST_PROBES stay,
    as evenly as they can."""
    version: int = 0
    """Grows with every change; what is drawn from a history is cached by it."""

    @property
    def is_read(self) -> bool:
        """Whether the journal was looked into, though there may have been nothing in it."""
        return self.version > 0

    def extend(self, records: Iterable[Record]) -> None:
        """Add records in the order of the journal."""
        for record in records:
            self.version += 1
            match record:
                case TrainRecord():
                    self.train.append(record)
                case EvalRecord():
                    self.evals.append(record)
                case LayersRecord():
                    self.layers.append(record)
                case ProbeRecord():
                    self.probes.append(record)
                case SampleRecord():
                    self.samples.append(record)
                case EventRecord():
                    if record.event in REWINDING:
                        _rewind(self.train, record.step)
                        _rewind(self.evals, record.step)
                        _rewind(self.layers, record.step)
                        _rewind(self.probes, record.step)
                        # At the very step they are written again where the first ones are there.
                        _rewind(self.samples, record.step - (record.event == "started"))
                    self.events.append(record)
        self._thin()

    def _thin(self) -> None:
        if self.most is not None and len(self.train) > self.most:
            self.train[:] = _extremes(self.train, self.most // 2)
        if self.most is not None and len(self.layers) > self.most:
            old = self.layers[: self.most // 2]
            self.layers[: self.most // 2] = old[::2]
        while self.most is not None and len(self.probes) > MOST_PROBES:
            del self.probes[_most_crowded([record.step for record in self.probes])]
        if self.most is not None and len(self.events) > self.most:
            del self.events[: self.most // 2]

    def take(self, news: JournalChunk) -> None:
        """Add what a tail has read."""
        if news.is_restart:
            self.train.clear()
            self.evals.clear()
            self.layers.clear()
            self.probes.clear()
            self.samples.clear()
            self.events.clear()
            self.version += 1
        self.extend(news.records)


def read_history(journal: Path) -> History:
    """Return the history of a journal as it stands."""
    history = History()
    history.add(JournalTail(journal).read())
    return history


def _extremes(records: list[TrainRecord], num_old: int) -> list[TrainRecord]:
    """Return records with the older ones halved: of four, those of the least and largest loss."""
    kept: list[TrainRecord] = []
    for start in range(0, num_old, 4):
        group = records[start : min(start + 4, num_old)]
        by_loss = sorted(group, key=lambda r: inf if r.train_loss is None else r.train_loss)
        kept += sorted({id(r): r for r in (by_loss[0], by_loss[-1])}.values(), key=lambda r: r.step)
    return kept + records[num_old:]


def _most_crowded(steps: list[int]) -> int:
    """Return the place whose neighbours are nearest to each other; never the first or last."""
    return min(range(1, len(steps) - 1), key=lambda i: steps[i + 1] - steps[i - 1])


def _rewind(records: list[_R], step: int) -> None:
    while records and records[-1].step > step:
        records.pop()
