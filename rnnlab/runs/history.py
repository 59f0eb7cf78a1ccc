"""A run's curves, updated from its growing journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain
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
"""Events after which the step of a run may be lower than in the previous record."""

MOST_RECORDS = 20_000
"""Maximum number of records per kind in the history of a command: figures and charts of longer
journals are those of a sample, which a chart of a few hundred columns does not show."""
MOST_PROBES = 400
"""Maximum number of probes in a limited history: each takes a few kB per layer."""


@dataclass
class History:
    """The records of a run by kind, each list ascending in step.

    A worker that resumes, or rolls back after a divergence, continues from a checkpoint, or from
    step 0 if there is none. `extend` then drops the records of later steps, so the curves of a
    resumed run look like those of an uninterrupted run.
    """

    train: list[TrainRecord] = field(default_factory=list)
    evals: list[EvalRecord] = field(default_factory=list)
    layers: list[LayersRecord] = field(default_factory=list)
    probes: list[ProbeRecord] = field(default_factory=list)
    samples: list[SampleRecord] = field(default_factory=list)
    """Records of a samples file, which has the format of a journal."""
    events: list[EventRecord] = field(default_factory=list)
    most: int | None = None
    """Maximum number of records per frequent kind; None: no limit. If a kind has more, its older
    half is thinned: of four train records or validations, those with the smallest and the largest
    loss stay; of two layers records, one stays; events and samples are dropped. Of the probes,
    MOST_PROBES stay, with steps as evenly spaced as possible."""
    version: int = 0
    """Increases with every change; a cache key for charts."""

    @property
    def is_read(self) -> bool:
        """Whether the journal has been read, even if it was empty."""
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
                        # A run that starts again from step 0 writes the samples of step 0 again.
                        _rewind(self.samples, record.step - (record.event == "started"))
                    self.events.append(record)
        self._thin()

    def _thin(self) -> None:
        if self.most is None:
            return
        half = self.most // 2
        while len(self.train) > self.most:
            self.train[:] = _extremes(self.train, half, lambda record: record.train_loss)
        while len(self.evals) > self.most:
            self.evals[:] = _extremes(self.evals, half, lambda record: record.val_loss)
        while len(self.layers) > self.most:
            self.layers[:half] = self.layers[:half:2]
        while len(self.probes) > MOST_PROBES:
            del self.probes[_most_crowded([record.step for record in self.probes])]
        while len(self.events) > self.most:
            del self.events[:half]
        while len(self.samples) > self.most:
            del self.samples[:half]

    def add(self, chunk: JournalChunk) -> None:
        """Add the records of a chunk; if the journal was replaced, first drop all old records."""
        if chunk.is_restart:
            self.train.clear()
            self.evals.clear()
            self.layers.clear()
            self.probes.clear()
            self.samples.clear()
            self.events.clear()
            self.version += 1
        self.extend(chunk.records)

    def records(self) -> list[Record]:
        """Return all records by kind, events first; added to an empty history, they give this."""
        kinds = self.events, self.train, self.evals, self.layers, self.probes, self.samples
        return list(chain(*kinds))


def read_history(journal: Path, most: int | None = MOST_RECORDS) -> History:
    """Return the history that a whole journal contains.

    most: maximum number of records per kind, which bounds the memory and the time; a journal of
    fewer lines is complete. None: no limit.
    """
    history = History(most=most)
    tail = JournalTail(journal)
    for chunk in tail.chunks() if most is None else tail.news(most):
        history.add(chunk)
    return history


def compacted(chunks: Iterable[JournalChunk], most: int) -> JournalChunk:
    """Return chunks as one, with at most `most` records per kind if the journal is read anew."""
    history, first = History(most=most), next(iter(chunks := iter(chunks)), None)
    if first is None:
        return JournalChunk([], is_restart=False)
    if not first.is_restart:
        later = list(chunks)
        if not any(chunk.is_restart for chunk in later):
            return JournalChunk([r for c in (first, *later) for r in c.records], is_restart=False)
        chunks = iter(later)
    for chunk in chain([first], chunks):
        history.add(chunk)
    return JournalChunk(history.records(), is_restart=True)


def _extremes(records: list[_R], num_old: int, loss: Callable[[_R], float | None]) -> list[_R]:
    """Halve the first `num_old` records: of four, keep the two of smallest and largest loss."""
    thinned: list[_R] = []
    for start in range(0, num_old, 4):
        group = records[start : min(start + 4, num_old)]
        by_loss = sorted(group, key=lambda r: inf if (size := loss(r)) is None else size)
        extremes = {id(r): r for r in (by_loss[0], by_loss[-1])}.values()
        thinned += sorted(extremes, key=lambda r: r.step)
    return thinned + records[num_old:]


def _most_crowded(steps: list[int]) -> int:
    """Return the index whose neighbours are closest to each other; never the first or last."""
    return min(range(1, len(steps) - 1), key=lambda i: steps[i + 1] - steps[i - 1])


def _rewind(records: list[_R], step: int) -> None:
    while records and records[-1].step > step:
        records.pop()
