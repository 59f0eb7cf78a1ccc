"""The checkpoints of a run: when one is due, writing them without a dangling pointer, pruning."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import torch

from rnnlab.base.errors import RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.models import TextModel, save_weights
from rnnlab.runs.paths import RunPaths
from rnnlab.training._state import TrainingState, save_training_state

EVERY_S = 15.0
"""Default seconds between checkpoints: the most that a killed worker loses."""
COST = 50
"""Saving takes at most 1/COST of the training time: a slow disk gets fewer checkpoints."""


class OverflownWeightsError(RnnlabError):
    """A weight is not finite."""

    def __init__(self) -> None:
        super().__init__("the weights have overflowed", "lower --lr or --weight-decay")


class Checkpoints:
    """The checkpoints of one run."""

    def __init__(
        self,
        paths: RunPaths,
        keep: int,
        fingerprint: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """keep: newest checkpoints to keep. clock: seconds from an arbitrary origin."""
        self._paths = paths
        self._keep = keep
        self._fingerprint = fingerprint
        self._clock = clock
        self._saved_at = clock()
        self._cost_s = 0.0
        self._trusted: int | None = None
        self._best_of_trusted: int | None = None
        """Step of the best weights at the trusted checkpoint: a rollback makes it `best` again."""

    def trust(self, best_step: int | None) -> None:
        """Mark the last checkpoint as safe: the loss was still normal after it.

        best_step: step of the best weights up to that checkpoint; None before a validation.
        """
        self._trusted = self._paths.read_pointer("last")
        self._best_of_trusted = best_step

    @property
    def trusted(self) -> int | None:
        """Step of the checkpoint to roll back to; None before the first checkpoint.

        The newest checkpoint marked as safe (a divergence begins before it is detected), or the
        last checkpoint if none is marked.
        """
        return self._paths.read_pointer("last") if self._trusted is None else self._trusted

    def is_due(self, step: int, every: int, minutes: float, elapsed_s: float) -> bool:
        """Return whether to save after `step`.

        every, minutes: the interval in steps or minutes; if both are 0, every EVERY_S seconds.
        elapsed_s: training time so far. A young run changes fast and is saved more often, so that
        prompts use recent weights.
        """
        age_s = self._clock() - self._saved_at
        if every or minutes:
            is_by_step = bool(every) and step % every == 0
            return is_by_step or (bool(minutes) and age_s > 60 * minutes)
        interval_s = max(1.0, min(EVERY_S, elapsed_s / 4), COST * self._cost_s)
        return age_s > interval_s

    def save(
        self,
        model: TextModel,
        shown: TextModel,
        optimizer: torch.optim.Optimizer,
        state: TrainingState,
    ) -> None:
        """Write weights and training state, update the pointers, then delete old checkpoints.

        shown: the model that is evaluated and prompted: the one being trained, or its average.
        Raises OverflownWeightsError, and leaves the previous checkpoint as the last one, if a
        weight is not finite: weight decay at a high rate can overflow after a finite gradient.
        """
        if not torch.stack([p.isfinite().all() for p in model.parameters()]).all():
            raise OverflownWeightsError
        started = self._clock()
        paths, step = self._paths, state.step
        if not paths.pointer("last").exists():
            replace_text(paths.corpus, json.dumps({"sha256": self._fingerprint}))
        save_training_state(paths.training_state(step), state, optimizer, model)
        save_weights(paths.weights(step), shown)
        # `best` first: a worker killed between the two resumes from the old `last` and repairs it.
        if state.best_step not in {None, paths.read_pointer("best")}:
            replace_text(paths.pointer("best"), f"{state.best_step}\n", durable=True)
        replace_text(paths.pointer("last"), f"{step}\n", durable=True)
        self._drop_old(step)
        self._saved_at = self._clock()
        self._cost_s = self._saved_at - started

    def go_back_to(self, state: TrainingState) -> None:
        """Delete the checkpoints after `state`, to which the run has rolled back."""
        paths = self._paths
        replace_text(paths.pointer("last"), f"{state.step}\n", durable=True)
        best = paths.read_pointer("best")
        if best is not None and best > state.step:
            if state.best_step is None:
                paths.pointer("best").unlink()
            else:
                replace_text(paths.pointer("best"), f"{state.best_step}\n", durable=True)
        for step in paths.checkpoint_steps():
            if step > state.step:
                paths.weights(step).unlink(missing_ok=True)

    def _drop_old(self, last: int) -> None:
        steps = self._paths.checkpoint_steps()
        best = self._paths.read_pointer("best")
        needed = {last, self.trusted, best, self._best_of_trusted, *steps[-self._keep :]}
        for step in steps:
            if step not in needed:
                self._paths.weights(step).unlink(missing_ok=True)
        resumable = {last} if self._trusted is None else {last, self._trusted}
        needed_states = {self._paths.training_state(step) for step in resumable}
        for file in self._paths.root.glob("training-*.safetensors"):
            if file not in needed_states:
                file.unlink(missing_ok=True)
