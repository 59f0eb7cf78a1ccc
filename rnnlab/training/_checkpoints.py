"""The checkpoints of a run: when to write one, writing it crash-safely, and deleting old ones.

Old checkpoints are deleted only after the new ones, `last` and `best`, have been read back from the
disk and their checksums are right. A thread reads them; the deletion follows between two steps.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import torch

from rnnlab.base.errors import RnnlabError
from rnnlab.base.failures import can_pass
from rnnlab.base.files import flush, replace_text
from rnnlab.models import TextModel, save_weights
from rnnlab.runs.paths import RunPaths
from rnnlab.training._state import TrainingState
from rnnlab.training._state_file import save_training_state
from rnnlab.training._verification import Verification, Verify, is_intact_on_disk

EVERY_S = 15.0
"""Default seconds between checkpoints; a killed worker loses the training since the last one."""
COST = 50
"""Writing checkpoints takes at most 1/COST of the training time; on a slow disk they are rarer."""


class OverflownWeightsError(RnnlabError):
    """A weight is not finite."""

    def __init__(self) -> None:
        super().__init__("the weights have overflowed", "lower --lr or --weight-decay")


class _Rollback(NamedTuple):
    """The checkpoint to which a run has rolled back."""

    step: int
    best_step: int | None


class Checkpoints:
    """The checkpoints of one run."""

    def __init__(
        self,
        paths: RunPaths,
        keep: int,
        fingerprint: str,
        clock: Callable[[], float] = time.monotonic,
        about: Mapping[str, str] | None = None,
        verify: Verify = is_intact_on_disk,
        check_folder: Callable[[], object] = lambda: None,
    ) -> None:
        """keep: number of newest checkpoints to keep. clock: returns seconds, from any origin.

        about: metadata of the weights (`models.describe`). verify: see `Verify`. check_folder:
        raises FolderMovedError if another folder has the path of the run.
        """
        self._paths = paths
        self._about = about
        self._verify = verify
        self._verification: Verification | None = None
        self._verified_best: int | None = None
        """Step of the best weights that have been verified, intact or not."""
        self._protected: set[int] = set()
        """Steps that are kept because a newer checkpoint is damaged."""
        self._must_save = False
        """Whether the last checkpoint is damaged and has not been followed by another attempt."""
        self._was_damaged = False
        """Whether the previous last checkpoint was damaged, too."""
        self._lost: set[Path] = set()
        """Files that were found damaged."""
        self._keep = keep
        self._fingerprint = fingerprint
        self._clock = clock
        self._check_folder = check_folder
        self._saved_at = clock()
        self._cost_s = 0.0
        self._trusted: int | None = None
        self._best_of_trusted: int | None = None
        """Step of the best weights at the trusted checkpoint: a rollback makes it `best` again."""
        self._rollback: _Rollback | None = None
        """A rollback that the disk has not accepted yet; None if there is none."""

    def trust(self, best_step: int | None) -> None:
        """Mark the last checkpoint as safe: the loss was still normal after it.

        best_step: step of the best weights up to that checkpoint; None before a validation.
        """
        last = self._last()
        if last is not None and self._paths.training_state(last) in self._lost:
            return
        self._trusted = last
        self._best_of_trusted = best_step

    @property
    def trusted(self) -> int | None:
        """Step of the checkpoint to roll back to; None before the first checkpoint.

        This is the newest checkpoint marked as safe, because later checkpoints may contain the
        beginning of a divergence; if no checkpoint is marked, it is the last one.
        """
        return self._last() if self._trusted is None else self._trusted

    def is_due(self, step: int, every: int, minutes: float, elapsed_s: float) -> bool:
        """Return whether to save after `step`.

        every, minutes: the interval in steps or in minutes; if both are 0, it is EVERY_S seconds,
        and shorter early in the run, when weights change fast and prompts need recent ones.
        elapsed_s: training time so far. After a damaged checkpoint, the next one is due at once.
        """
        if self._must_save:
            return True
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

        shown: the model that is evaluated and prompted: `model`, or the average of its weights.
        If a weight is not finite, raises OverflownWeightsError and writes nothing: at a high
        learning rate, weight decay can overflow although the gradient was finite. Raises OSError if
        the checkpoint cannot be written: the previous one then remains `last`.
        """
        # Set before the attempt: after a failure, the next attempt is an interval later.
        started = self._saved_at = self._clock()
        if not torch.stack([p.isfinite().all() for p in model.parameters()]).all():
            raise OverflownWeightsError
        self._must_save = False
        self._complete_rollback()
        paths, step = self._paths, state.step
        if not paths.pointer("last").exists():
            replace_text(paths.corpus, json.dumps({"sha256": self._fingerprint}), durable=True)
        save_training_state(paths.training_state(step), state, optimizer, model)
        save_weights(paths.weights(step), shown, self._about)
        self._check_folder()  # writing the files above may have taken seconds
        # Update `best` first: if the worker is killed before it updates `last`, the run resumes
        # from the old `last`, and its next checkpoint sets `best` again.
        best = state.best_step
        if best not in {None, paths.read_pointer("best")} and paths.weights(best or 0).exists():
            replace_text(paths.pointer("best"), f"{best}\n", durable=True)
        replace_text(paths.pointer("last"), f"{step}\n", durable=True)
        self._verification = Verification(self._new_files(step), self._verify)
        self._saved_at = self._clock()
        self._cost_s = self._saved_at - started

    def tidy(self, *, wait: bool = False) -> str:
        """Delete old checkpoints once `last` and `best` are verified; return the problem, or "".

        wait: block until they are verified; else do nothing before that. If one of them is damaged,
        all older checkpoints are kept.
        """
        verification = self._verification
        if verification is None or not (wait or verification.is_done):
            return ""
        verification.wait()
        self._verification = None
        paths = self._paths
        last = paths.read_pointer("last")
        if last is None:
            return ""
        damaged = set(verification.damaged)
        if not damaged:
            best = self._verified_best
            if best is None or paths.weights(best) not in self._lost:
                self._protected.clear()
            self._was_damaged = False
            self._drop_old(last)
            return ""
        self._lost |= damaged
        self._protected |= {*paths.checkpoint_steps()} - {last}
        is_last_damaged = bool(damaged & {paths.weights(last), paths.training_state(last)})
        self._must_save = is_last_damaged and not self._was_damaged
        self._was_damaged = is_last_damaged
        names = ", ".join(sorted(file.name for file in damaged))
        return f"damaged on the disk: {names}; the older checkpoints are kept; check the disk"

    def _new_files(self, last: int) -> list[Path]:
        """Return the files of the last checkpoint, and of the best weights if they are new."""
        files = [self._paths.training_state(last), self._paths.weights(last)]
        best = self._paths.read_pointer("best")
        if best not in (None, self._verified_best):
            assert best is not None
            self._verified_best = best
            if best != last:
                files.append(self._paths.weights(best))
        return files

    def go_back_to(self, state: TrainingState) -> None:
        """Make the checkpoint of `state`, to which the run has rolled back, the last one.

        Deletes the later ones. If the disk does not accept a write, `save` completes the rollback
        first. Raises OSError if the folder is gone.
        """
        self._verification, self._verified_best = None, None
        self._rollback = _Rollback(state.step, state.best_step)
        try:
            self._complete_rollback()
        except OSError as error:
            if not can_pass(error):
                raise

    def _complete_rollback(self) -> None:
        """Write the pointers of a rollback, then delete the later weights; raises OSError."""
        if self._rollback is None:
            return
        paths, (last, best_step) = self._paths, self._rollback
        replace_text(paths.pointer("last"), f"{last}\n", durable=True)
        best = paths.read_pointer("best")
        if best is not None and best > last:
            if best_step is None:
                paths.pointer("best").unlink()
                flush(paths.root)  # before the weights that it names are deleted
            else:
                replace_text(paths.pointer("best"), f"{best_step}\n", durable=True)
        for step in paths.checkpoint_steps():
            if step > last:
                paths.weights(step).unlink(missing_ok=True)
        self._rollback = None

    def _last(self) -> int | None:
        """Return the step of the last checkpoint; None before the first one."""
        if self._rollback is not None:  # the pointer still names an undone checkpoint
            return self._rollback.step
        return self._paths.read_pointer("last")

    def _drop_old(self, last: int) -> None:
        self._check_folder()
        steps = self._paths.checkpoint_steps()
        best = self._paths.read_pointer("best")
        # After a resume from an older checkpoint there may be later, abandoned ones.
        newest = [step for step in steps if step <= last][-self._keep :]
        needed = {last, self.trusted, best, self._best_of_trusted, *newest}
        needed |= self._protected
        for step in steps:
            if step not in needed:
                self._paths.weights(step).unlink(missing_ok=True)
        resumable = {last, *self._protected}
        if self._trusted is not None:
            resumable.add(self._trusted)
        needed_states = {self._paths.training_state(step) for step in resumable}
        for file in self._paths.root.glob("training-*.safetensors"):
            if file not in needed_states:
                file.unlink(missing_ok=True)
