"""Save a run in training, and go on without a checkpoint while the disk does not accept one."""

from __future__ import annotations

from pathlib import Path

import torch

from rnnlab.base.failures import can_pass
from rnnlab.models import TextModel
from rnnlab.training._checkpoints import Checkpoints
from rnnlab.training._run_log import RunLog, why_unwritten
from rnnlab.training._state import TrainingState


class Saver:
    """Writes journal and checkpoints; the problems of the disk become events, not the run's end."""

    def __init__(
        self, checkpoints: Checkpoints, log: RunLog, folder: Path, state: TrainingState
    ) -> None:
        """folder: of the run. state: that of the last checkpoint, or of the beginning."""
        self._checkpoints, self._log, self._folder = checkpoints, log, folder
        self._unsaved = ""
        self.restart_from(state)

    def restart_from(self, state: TrainingState) -> None:
        """Continue from a state on the disk; also after a rollback."""
        self._saved_best = state.best_val_loss, state.best_step

    @property
    def is_behind(self) -> bool:
        """Whether the last attempt to save has failed."""
        return bool(self._unsaved)

    @property
    def problem(self) -> str:
        """Why the last checkpoint or the last records are not on the disk; empty if they are."""
        return self._unsaved or self._log.problem

    def save(
        self,
        model: TextModel,
        shown: TextModel,
        optimizer: torch.optim.Optimizer,
        state: TrainingState,
        *,
        is_needed: bool,
    ) -> None:
        """Flush the journal, then write a checkpoint; arguments as for `Checkpoints.save`.

        If the files cannot be written, for example because the disk is full, the best step of
        `state` becomes again the one on the disk, and the first of several failures is logged; if
        `is_needed`, raise OSError. Also raises OSError if the folder is gone.
        """
        self.tidy(wait=True)
        try:
            self._log.flush()
            self._checkpoints.save(model, shown, optimizer, state)
        except OSError as error:
            state.best_val_loss, state.best_step = self._saved_best
            if is_needed or not can_pass(error):
                raise
            self._go_on_unsaved(error, state.step)
            return
        self.restart_from(state)
        if self._unsaved:
            self._unsaved = ""
            self._log.note("checkpoint", "saved again")

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
