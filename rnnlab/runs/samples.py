"""What a run wrote to its tracked prompts while it trained, round by round."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from rnnlab.runs.history import History, read_history
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import SampleRecord


class Round(NamedTuple):
    """All samples of one step."""

    step: int
    epoch: float
    time_s: float
    samples: tuple[SampleRecord, ...]
    """By prompt, then in the order of the decoders."""


def read_rounds(paths: RunPaths) -> list[Round]:
    """Return the rounds of a run, ascending in step; none where it has no samples."""
    return rounds_of(read_history(paths.samples).samples)


def rounds_of(samples: Sequence[SampleRecord]) -> list[Round]:
    """Return samples by their step."""
    found = []
    for step, together in groupby(samples, key=lambda sample: sample.step):
        mine = tuple(together)
        found.append(Round(step, mine[0].epoch, mine[0].time_s, mine))
    return found


def place_at(rounds: Sequence[Round], step: int) -> int:
    """Return the place of the last round at or before a step; of the first where all come later."""
    return max(0, bisect_right([found.step for found in rounds], step) - 1)


def losses_at(history: History, step: int) -> tuple[float | None, float | None]:
    """Return the last training and validation loss that were known at a step."""
    train = [record.step for record in history.train]
    evals = [record.step for record in history.evals]
    last, last_eval = bisect_right(train, step) - 1, bisect_right(evals, step) - 1
    return (
        history.train[last].train_loss if last >= 0 else None,
        history.evals[last_eval].val_loss if last_eval >= 0 else None,
    )
