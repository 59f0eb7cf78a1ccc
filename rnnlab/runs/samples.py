"""The samples of a run, grouped by step."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from rnnlab.runs.history import History, read_history
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import SampleRecord


class Round(NamedTuple):
    """All samples that a run wrote at one step."""

    step: int
    epoch: float
    time_s: float
    samples: tuple[SampleRecord, ...]
    """Sorted by prompt, then by decoder."""


def read_rounds(paths: RunPaths) -> list[Round]:
    """Return the rounds of a run, ascending in step; empty if it has no samples."""
    return rounds_of(read_history(paths.samples).samples)


def rounds_of(samples: Sequence[SampleRecord]) -> list[Round]:
    """Return samples, which must be ascending in step, grouped by step."""
    rounds = []
    for step, group in groupby(samples, key=lambda sample: sample.step):
        members = tuple(group)
        rounds.append(Round(step, members[0].epoch, members[0].time_s, members))
    return rounds


def place_at(rounds: Sequence[Round], step: int) -> int:
    """Return the index of the last round at or before a step; 0 if all rounds are later."""
    return max(0, bisect_right([samples.step for samples in rounds], step) - 1)


def losses_at(history: History, step: int) -> tuple[float | None, float | None]:
    """Return the last training and validation loss at or before a step; None if there is none."""
    train = [record.step for record in history.train]
    evals = [record.step for record in history.evals]
    last, last_eval = bisect_right(train, step) - 1, bisect_right(evals, step) - 1
    return (
        history.train[last].train_loss if last >= 0 else None,
        history.evals[last_eval].val_loss if last_eval >= 0 else None,
    )
