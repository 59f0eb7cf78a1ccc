"""The extent of a run: its batches, its number of steps, and the part that is completed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rnnlab.corpora import Batch, Split
from rnnlab.settings.run_config import RunConfig
from rnnlab.training._state import TrainingState


def batches(split: Split, state: Callable[[], TrainingState]) -> Iterator[Batch]:
    """Yield the batches of a train split without end, from the position of a state on.

    state: returns the present state, whose position the caller moves before it asks for a batch.
    """
    while True:
        epoch, position = state().epoch, state().batch
        for batch in split.train_batches(epoch, position):
            yield batch
            position += 1
            # The position is elsewhere after the epoch's last batch, or after a rollback.
            if (state().epoch, state().batch) != (epoch, position):
                break


def total_steps(config: RunConfig, batches_per_epoch: int) -> int | None:
    """Return the number of steps of the whole run; None if only `minutes` limits it."""
    limits = []
    if config.steps is not None:
        limits.append(config.steps)
    if config.epochs is not None:
        limits.append(max(1, round(config.epochs * batches_per_epoch)))
    return min(limits, default=None)


def is_stagnant(config: RunConfig, state: TrainingState) -> bool:
    """Return True if the last `patience` validations brought no improvement."""
    return 0 < config.patience <= state.num_stale


def progress(config: RunConfig, state: TrainingState, total: int | None) -> float:
    """Return the completed fraction of the run, 0 to 1; 1 also after early stopping.

    total: result of `total_steps`.
    """
    if is_stagnant(config, state):
        return 1.0
    fractions = [0.0]
    if total is not None:
        fractions.append(state.step / total)
    if config.minutes is not None:
        fractions.append(state.elapsed_s / (60 * config.minutes))
    return min(1.0, max(fractions))
