"""The samples of a run, grouped by step."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from rnnlab.runs.history import History
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.record_stream import stream_records
from rnnlab.runs.records import EvalRecord, SampleRecord, TrainRecord


class Round(NamedTuple):
    """All samples that a run wrote at one step."""

    step: int
    epoch: float
    time_s: float
    samples: tuple[SampleRecord, ...]
    """Sorted by prompt, then by decoder."""


def read_rounds(paths: RunPaths) -> Iterator[Round]:
    """Yield the rounds of a run, ascending in step; nothing if it has no samples."""
    return rounds_of(stream_records(paths.samples, SampleRecord))


def rounds_of(samples: Iterable[SampleRecord]) -> Iterator[Round]:
    """Yield samples, which must be ascending in step, grouped by step."""
    for step, group in groupby(samples, key=lambda sample: sample.step):
        members = tuple(group)
        yield Round(step, members[0].epoch, members[0].time_s, members)


def round_at(rounds: Iterable[Round], step: int) -> Round | None:
    """Return the last round at or before a step; the first if all are later; None for none."""
    latest = None
    for one in rounds:
        if latest is not None and one.step > step:
            break
        latest = one
    return latest


def with_losses(
    rounds: Iterable[Round], journal: Path
) -> Iterator[tuple[Round, float | None, float | None]]:
    """Yield rounds, ascending in step, each with the last training and validation loss up to it."""
    train_loss = val_loss = None
    records = stream_records(journal, TrainRecord, EvalRecord)
    record = next(records, None)
    for one in rounds:
        while record is not None and record.step <= one.step:
            if isinstance(record, TrainRecord):
                train_loss = record.train_loss
            elif isinstance(record, EvalRecord):
                val_loss = record.val_loss
            record = next(records, None)
        yield one, train_loss, val_loss


def losses_at(history: History, step: int) -> tuple[float | None, float | None]:
    """Return the last training and validation loss at or before a step; None if there is none."""
    train = [record.step for record in history.train]
    evals = [record.step for record in history.evals]
    last, last_eval = bisect_right(train, step) - 1, bisect_right(evals, step) - 1
    return (
        history.train[last].train_loss if last >= 0 else None,
        history.evals[last_eval].val_loss if last_eval >= 0 else None,
    )
