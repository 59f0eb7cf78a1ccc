"""The checkpoints of a run on disk, with their sizes."""

from __future__ import annotations

from typing import NamedTuple

from rnnlab.runs.paths import Pointer, RunPaths


class StoredCheckpoint(NamedTuple):
    """One checkpoint on disk."""

    step: int
    size_bytes: int
    """Size of the weights and, if it is stored, of the training state."""
    is_last: bool
    is_best: bool
    can_resume: bool
    """Whether the training state is stored, too."""


class StoredSteps(NamedTuple):
    """The steps of a run's checkpoints, as they were when they were read."""

    steps: tuple[int, ...] = ()
    """Steps of the checkpoints on disk, ascending."""
    last: int | None = None
    best: int | None = None

    def of(self, pointer: Pointer) -> int | None:
        """Return the step of the last or the best checkpoint; None if there is none."""
        return self.last if pointer == "last" else self.best


NO_STEPS = StoredSteps()


def stored_steps(paths: RunPaths) -> StoredSteps:
    """Return the steps of the checkpoints of a run."""
    steps = tuple(paths.checkpoint_steps())
    return StoredSteps(steps, paths.read_pointer("last"), paths.read_pointer("best"))


def stored_checkpoints(paths: RunPaths) -> list[StoredCheckpoint]:
    """Return the checkpoints of a run, ascending in step."""
    last, best = paths.read_pointer("last"), paths.read_pointer("best")
    checkpoints = []
    for step in paths.checkpoint_steps():
        try:
            size_bytes = paths.weights(step).stat().st_size
        except OSError:
            continue  # deleted by the worker meanwhile
        try:
            state_bytes = paths.training_state(step).stat().st_size
        except OSError:
            state_bytes = 0
        checkpoints.append(
            StoredCheckpoint(
                step, size_bytes + state_bytes, step == last, step == best, state_bytes > 0
            )
        )
    return checkpoints
