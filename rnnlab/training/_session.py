"""A run in training: model, optimiser, position in the data, and the files they are written to."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from rnnlab.base.errors import RnnlabError
from rnnlab.corpora import Batch, Dataset, Split
from rnnlab.models import TextModel, build_model, describe, load_weights, resolve_device
from rnnlab.runs.corpus import check_corpus
from rnnlab.runs.intact import DamagedError, newest_intact
from rnnlab.runs.mailbox import Command
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import REMEDY, EvalRecord, Record
from rnnlab.settings.run_config import RunConfig
from rnnlab.settings.schedule import learning_rate
from rnnlab.training._captured_step import fastest_step
from rnnlab.training._checkpoints import Checkpoints, OverflownWeightsError
from rnnlab.training._divergence import LossWatch
from rnnlab.training._ema import WeightAverage
from rnnlab.training._evaluate import Evaluation, evaluate
from rnnlab.training._extent import batches, is_stagnant, progress, total_steps
from rnnlab.training._initial import initialise
from rnnlab.training._optimizer import make_optimizer
from rnnlab.training._plateau import PLATEAU, lower_on_plateau
from rnnlab.training._position import Position
from rnnlab.training._precision import cpu_has_bfloat16, supported_dtype
from rnnlab.training._probing import Probing
from rnnlab.training._run_log import RunLog
from rnnlab.training._samples import Sampler
from rnnlab.training._saver import Saved, Saver
from rnnlab.training._state import TrainingState
from rnnlab.training._state_file import load_training_state
from rnnlab.training._step import Compute
from rnnlab.training._target import note_target
from rnnlab.training._tensorboard import HISTOGRAMS, Mirror
from rnnlab.training._threads import set_threads
from rnnlab.training._verification import Verify, is_intact_on_disk

MAX_ROLLBACKS = 5
"""Maximum number of rollbacks; each halves the learning rate, and one more fails the run."""


class Control(Protocol):
    """Steers a run (from a worker or a test): gives commands and receives records."""

    def commands(self) -> list[Command]:
        """Return the pending commands; never blocks."""
        ...

    def wait(self) -> None:
        """Block until a command may be pending; called while the run is paused."""
        ...

    def on_record(self, record: Record, session: Session) -> None:
        """Handle a record that has just been written to the journal."""
        ...


@dataclass
class Session:
    """A run in training, resumed from its last checkpoint or started from scratch.

    Raises RnnlabError if the checkpoint cannot be read, and BadInputError if the device does not
    exist or the corpus has changed since the run started.
    """

    paths: RunPaths
    config: RunConfig
    dataset: Dataset
    control: Control
    is_paused: bool = False
    _: KW_ONLY
    clock: Callable[[], float] = time.perf_counter
    """Returns seconds, from any origin; measures the training time and the intervals."""
    make_mirror: Callable[[Path, int], Mirror] = Mirror
    """Opens the TensorBoard mirror of the journal: (folder, last step to keep) -> mirror."""
    measure: Callable[[TextModel, Split, int], Evaluation] = evaluate
    """Evaluates a model on at most N tokens of the validation split."""
    verify: Verify = is_intact_on_disk
    """Returns whether a new file of a checkpoint is intact, before older ones are deleted."""
    check_folder: Callable[[], object] = lambda: None
    """Raises FolderMovedError if another folder has the path of the run; called before writes."""
    has_bfloat16: Callable[[], bool] = cpu_has_bfloat16
    """Returns whether the processor supports bfloat16; if not, the run computes in float32."""

    def __post_init__(self) -> None:
        """Build the model and load the last checkpoint, if there is one."""
        self.device = resolve_device(self.config.device)
        self.dtype = supported_dtype(self.device, self.config, self.has_bfloat16)
        self.model = build_model(self.config, self.dataset.vocabulary).to(self.device)
        set_threads(self.model, self.config.threads, self.dtype)
        self.optimizer = make_optimizer(self.model, self.config)
        self.checkpoints = Checkpoints(
            self.paths, self.config.keep, self.dataset.fingerprint, self.clock,
            describe(self.config, self.dataset.vocabulary), self.verify, self.check_folder,
        )  # fmt: skip
        self.train_split = self.dataset.splits["train"]
        self.average: WeightAverage | None = None
        self.damage = ""
        """Why the run resumes from an older checkpoint than its last one; empty if it does not."""
        step = self.paths.read_pointer("last")
        if step is None:
            initialise(self.model, self.paths, self.dataset)
            self.state = TrainingState.fresh(self.config.seed, self.device)
            self._start_average()
        else:
            check_corpus(self.paths, self.dataset.fingerprint)
            self._resume_from(step)
        self.config = self.config.model_copy(update=self.state.changed)
        self.sampler = Sampler.of(self.config, self.dataset, self.clock)
        self.check_folder()
        self.log = RunLog(
            self.paths, lambda: self.state, lambda record: self.control.on_record(record, self),
            self.make_mirror, has_samples=self.sampler is not None,
        )  # fmt: skip
        self.saver = Saver(
            self.checkpoints, self.log, self.paths.root,
            lambda: Saved(self.model, self.shown_model, self.optimizer, self.state),
        )  # fmt: skip
        self.batches_per_epoch = self.train_split.num_batches()
        self.compute = self._fastest_step()
        self.watch = self._new_watch()
        self.probe = self._make_probing()
        self._ticked_at = self.clock()

    def _resume_from(self, step: int) -> None:
        """Restore the last checkpoint; if it is damaged, the newest older one that is intact."""
        try:
            self._go_back_to(step)
        except DamagedError as error:
            older = newest_intact(self.paths, step)
            if older is None:
                raise
            self._go_back_to(older)
            self.damage = f"{error.what}; the run goes on from step {older}"

    def _go_back_to(self, step: int) -> None:
        """Restore weights, optimiser and position in the data from a checkpoint."""
        file = self.paths.training_state(step)
        self.state = load_training_state(file, self.optimizer, self.model, self.train_split)
        self._start_average()
        if self.average is not None:
            load_weights(self.paths.weights(step), self.average.model)

    def _start_average(self) -> None:
        if self.config.average:
            self.average = WeightAverage(self.model, self.config.average)

    def _make_probing(self) -> Probing:
        return Probing(self.config, self.dataset.held_out, self.device, self.log, self.clock)

    def _fastest_step(self) -> Compute:
        """Return the function of a step; a new one after `_go_back_to`, which moves tensors."""
        return fastest_step(self.device, self.optimizer, partial(self.log.note, "note"))

    def _new_watch(self) -> LossWatch:
        """Return a watch that knows the loss of guessing: the log of the number of outputs."""
        return LossWatch(math.log(self.model.head.bias.shape[0]))

    @property
    def shown_model(self) -> TextModel:
        """The model that is evaluated, saved and prompted: `model`, or its weight average."""
        return self.model if self.average is None else self.average.model

    @property
    def epoch(self) -> float:
        """Number of passes over the training split so far, including the current part."""
        return self.state.epoch + self.state.batch / self.batches_per_epoch

    @property
    def total_steps(self) -> int | None:
        """Number of steps of the whole run; None if only `minutes` limits it."""
        return total_steps(self.config, self.batches_per_epoch)

    @property
    def progress(self) -> float:
        """Completed fraction of the run, 0 to 1; 1 also after early stopping."""
        return progress(self.config, self.state, self.total_steps)

    @property
    def is_stagnant(self) -> bool:
        """Whether the last `patience` validations brought no improvement."""
        return is_stagnant(self.config, self.state)

    @property
    def lr(self) -> float:
        """Learning rate of the next step."""
        return learning_rate(self.config, self.progress) * self.state.lr_scale

    def batches(self) -> Iterator[Batch]:
        """Yield training batches without end from the run's position: see `_extent.batches`."""
        return batches(self.train_split, lambda: self.state)

    def tick(self) -> None:
        """Update the training time."""
        now = self.clock()
        if not self.is_paused:
            self.state.elapsed_s += now - self._ticked_at
        self._ticked_at = now

    def validate(self) -> Position:
        """Evaluate on the validation split, record whether the weights are the best, and save.

        A run without a validation split only saves.
        """
        split = self.dataset.splits.get("val")
        if split is None:
            return self.save()
        measured = self.measure(self.shown_model, split, self.config.eval_tokens)
        loss, state = measured.loss_nats, self.state
        is_best = state.add_validation(loss)
        gradients = {n: p.grad for n, p in self.model.named_parameters() if p.grad is not None}
        self.log.add_histograms(HISTOGRAMS[0], gradients)
        self.tick()
        accuracy = None if measured.confusion is None else measured.accuracy
        record = EvalRecord(state.step, self.epoch, state.elapsed_s, loss, is_best, accuracy)
        self.log.write(record)
        if not state.has_reached_target:
            state.has_reached_target = note_target(self.config.target, record, self.log)
        if lower_on_plateau(self.config, state):
            why = f"no improvement in {PLATEAU} validations"
            self.log.note("note", f"{why}: learning rate lowered to {self.lr:.3g}")
        return self.save()

    def save(self, *, is_needed: bool = False) -> Position:
        """Flush the journal, then write a checkpoint; roll back if a weight is not finite.

        If `on_divergence` is "stop", raise OverflownWeightsError instead. If the disk is full, the
        run goes on with an alarm until a later attempt succeeds; if `is_needed`, raise OSError.
        """
        self.tick()
        self.check_folder()
        try:
            self.saver.save(is_needed=is_needed)
        except OverflownWeightsError as error:
            if self.config.on_divergence == "stop":
                raise
            return self.roll_back(error.what)
        return Position.KEPT

    def settle(self) -> None:
        """Write the final checkpoint if the last attempt failed, and delete old checkpoints.

        Raises OSError if the checkpoint cannot be written.
        """
        if self.saver.is_behind:
            self.save(is_needed=True)
        self.saver.tidy(wait=True)

    def roll_back(self, why: str) -> Position:
        """Return to the last trusted checkpoint, and halve the learning rate.

        Raises RnnlabError after MAX_ROLLBACKS rollbacks, or if there is no checkpoint.
        """
        self.check_folder()
        step, before = self.checkpoints.trusted, self.state
        if step is None:
            raise RnnlabError(f"{why}, before the first checkpoint", REMEDY)
        if before.num_rollbacks >= MAX_ROLLBACKS:
            raise RnnlabError(f"{why}, even after {before.num_rollbacks} rollbacks", REMEDY)
        self._go_back_to(step)
        self.state.elapsed_s, self.state.changed = before.elapsed_s, before.changed
        self.state.lr_scale = before.lr_scale / 2
        self.state.num_rollbacks = before.num_rollbacks + 1
        self.checkpoints.go_back_to(self.state)
        self.saver.restart()
        self.compute = self._fastest_step()
        self.watch = self._new_watch()
        self.log.rewind_mirror()
        # Samples or probes may be off because overflown weights made them fail: try them again.
        self.sampler = self.sampler or Sampler.of(self.config, self.dataset, self.clock)
        if self.probe.sample is None:
            self.probe = self._make_probing()
        self.log.note("rollback", f"{why}; rolled back to step {step}, learning rate {self.lr:.3g}")
        self.save()
        return Position.REWOUND

    def sample(self) -> None:
        """Continue the tracked prompts with the current weights; a failure does not end the run."""
        if self.sampler is None:
            return
        self.tick()
        model, state = self.shown_model, self.state
        sample = partial(self.sampler.sample, model, state.step, self.epoch, state.elapsed_s)
        records = self.log.attempt("samples", sample)
        if records is None:
            self.sampler = None
        else:
            self.log.write_samples(records)

    def close(self) -> None:
        """Close the journal, the samples file and the TensorBoard mirror."""
        self.log.close()
