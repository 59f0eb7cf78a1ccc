"""Save a run in training, and go on without a checkpoint while the disk does not accept one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from rnnlab.base.failures import can_pass
from rnnlab.models import TextModel
from rnnlab.training._checkpoints import Checkpoints
from rnnlab.training._run_log import RunLog, why_unwritten
from rnnlab.training._state import TrainingState


class Saved(NamedTuple):
    """What a checkpoint consists of."""

    model: TextModel
    shown: TextModel
    """The model that is evaluated and prompted: `model`, or the average of its weights."""
    optimizer: torch.optim.Optimizer
    state: TrainingState


class Saver:
    """Writes journal and checkpoints; the problems of the disk become events, not the run's end."""

    def __init__(
        self, checkpoints: Checkpoints, log: RunLog, folder: Path, now: Callable[[], Saved]
    ) -> None:
        """folder: of the run. now: returns the present parts of the run."""
        self._checkpoints, self._log, self._folder, self._now = checkpoints, log, folder, now
        self._unsaved = ""
        self._version: int | None = None
        self.restart()

    def restart(self) -> None:
        """Take the present state for the one on the disk: at the start and after a rollback."""
        state = self._now().state
        self._saved_best = state.best_val_loss, state.best_step

    @property
    def is_behind(self) -> bool:
        """Whether the last attempt to save has failed."""
        return bool(self._unsaved)

    @property
    def problem(self) -> str:
        """Why the last checkpoint or the last records are not on the disk; empty if they are."""
        return self._unsaved or self._log.problem

    def save(self, *, is_needed: bool) -> None:
        """Flush the journal, then write a checkpoint; raises as `Checkpoints.save`.

        If the files cannot be written, for example because the disk is full, the best step of the
        state becomes again the one on the disk, and the first of several failures is logged; if
        `is_needed`, raise OSError. Also raises OSError if the folder is gone.
        """
        self.tidy(wait=True)
        parts = self._now()
        try:
            self._log.flush()
            self._checkpoints.save(*parts)
        except OSError as error:
            parts.state.best_val_loss, parts.state.best_step = self._saved_best
            if is_needed or not can_pass(error):
                raise
            self._go_on_unsaved(error, parts.state.step)
            return
        self.restart()
        if self._unsaved:
            self._unsaved = ""
            self._log.note("checkpoint", "saved again")

    def mark(self) -> None:
        """Remember that the weights are now those of the state's step."""
        self._version = _version(self._now().model)

    def rescue(self) -> None:
        """Save after a failure of the memory or the GPU, unless a step has been left halfway."""
        model = self._now().model
        if self._version != _version(model):
            return
        if model.device.type == "cuda":
            torch.cuda.empty_cache()
        self.save(is_needed=True)

    def _go_on_unsaved(self, error: OSError, step: int) -> None:
        is_first = not self._unsaved
        self._unsaved = f"no checkpoint at step {step}: {why_unwritten(error, self._folder)}"
        if is_first:
            self._log.note(
                "unsaved", f"{self._unsaved}; training goes on, the next attempt follows"
            )

    def tidy(self, *, wait: bool = False) -> None:
        """Delete old checkpoints, if the new ones are verified; see `Checkpoints.tidy`."""
        try:
            problem = self._checkpoints.tidy(wait=wait)
        except OSError as error:
            reason = why_unwritten(error, self._folder)
            self._log.note("note", f"old checkpoints remain: {reason}")
        else:
            if problem:
                self._log.note("damaged", problem)


def _version(model: TextModel) -> int:
    """Return a number that changes with every change of the weights; takes about a microsecond."""
    return sum(parameter._version for parameter in model.learnt.values())
