"""One run in training: everything that changes from step to step, and where it is written."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import torch

from rnnlab.base.errors import RnnlabError, one_line
from rnnlab.corpora import Batch, Dataset, Split
from rnnlab.models import TextModel, build_model, load_weights, resolve_device
from rnnlab.runs.corpus import check_corpus
from rnnlab.runs.history import REWINDING
from rnnlab.runs.journal import Journal
from rnnlab.runs.mailbox import Command
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import EvalRecord, Event, EventRecord, Record
from rnnlab.settings.run_config import RunConfig
from rnnlab.training._checkpoints import Checkpoints, OverflownWeightsError
from rnnlab.training._divergence import REMEDY, LossWatch
from rnnlab.training._ema import WeightAverage
from rnnlab.training._evaluate import Evaluation, evaluate
from rnnlab.training._optimizer import learning_rate, make_optimizer
from rnnlab.training._precision import cpu_has_bfloat16, supported_dtype
from rnnlab.training._probing import Probing
from rnnlab.training._samples import Sampler
from rnnlab.training._state import TrainingState, load_training_state
from rnnlab.training._tensorboard import Mirror

_Found = TypeVar("_Found")

PLATEAU = 2
"""Validations without a new best after which the rate is halved (schedule plateau)."""

MAX_ROLLBACKS = 5
"""Returns to a checkpoint, each at half the rate, after which a run gives up."""


class Position(Enum):
    """Where a run stands after it saved or rolled back."""

    KEPT = "at the same step"
    REWOUND = "at an earlier checkpoint, with that checkpoint's state"


class Control(Protocol):
    """Whoever steers a run and hears from it: the worker, or a test."""

    def commands(self) -> list[Command]:
        """Return the commands that have come; never blocks."""
        ...

    def wait(self) -> None:
        """Block until a command may have come; called while paused."""
        ...

    def heard(self, record: Record, session: Session) -> None:
        """Take note of a record just written."""
        ...


@dataclass
class Session:
    """One run in training, from its last checkpoint on or from the beginning."""

    paths: RunPaths
    config: RunConfig
    dataset: Dataset
    control: Control
    is_paused: bool = False
    _: KW_ONLY
    clock: Callable[[], float] = time.perf_counter
    """Seconds since any moment: the training time, and whatever is due by time."""
    make_mirror: Callable[[Path, int], Mirror] = Mirror
    """Opens the mirror of the journal in a folder, from a step on."""
    measure: Callable[[TextModel, Split, int], Evaluation] = evaluate
    """Measures a model on at most N tokens of the validation split."""
    has_bfloat16: Callable[[], bool] = cpu_has_bfloat16
    """Whether the processor computes in bfloat16; without it a run computes in float32."""

    def __post_init__(self) -> None:
        """Build the model, or bring it back to the run's last checkpoint."""
        self.device = resolve_device(self.config.device)
        self.dtype = supported_dtype(self.device, self.config.dtype, self.has_bfloat16)
        torch.set_num_threads(self.config.threads or half_the_cores())
        self.model = build_model(self.config, self.dataset.vocabulary).to(self.device)
        self.optimizer = make_optimizer(self.model, self.config)
        self.checkpoints = Checkpoints(
            self.paths, self.config.keep, self.dataset.fingerprint, self.clock
        )
        self.average: WeightAverage | None = None
        step = self.paths.read_pointer("last")
        if step is None:
            self._begin()
        else:
            check_corpus(self.paths, self.dataset.fingerprint)
            self._go_back_to(step)
        self.config = self.config.model_copy(update=self.state.changed)
        self.journal = Journal(self.paths.journal)
        self.sampler = Sampler.of(self.config, self.dataset, self.clock)
        self._samples = Journal(self.paths.samples) if self.sampler else None
        self.mirror = self.make_mirror(self.paths.root, self.state.step)
        self.train_split = self.dataset.splits["train"]
        self.batches_per_epoch = self.train_split.num_batches()
        self.watch = LossWatch(math.log(self.model.head.bias.shape[0]))
        self.probe = Probing(self)
        self._ticked_at = self.clock()

    def _begin(self) -> None:
        """Give the model what it begins with: chance, another run's weights, word vectors."""
        if self.paths.initial_weights.exists():
            load_weights(self.paths.initial_weights, self.model)
        if self.dataset.vectors is not None and self.model.embedding is not None:
            matrix = torch.from_numpy(self.dataset.vectors.matrix)
            with torch.no_grad():
                self.model.embedding.weight.copy_(matrix)
        self.state = TrainingState.fresh(self.config.seed, self.device)
        self._start_average()

    def _go_back_to(self, step: int) -> None:
        """Bring weights, optimiser and position back to a checkpoint."""
        self.state = load_training_state(
            self.paths.training_state(step), self.optimizer, self.model
        )
        self._start_average()
        if self.average is not None:
            load_weights(self.paths.weights(step), self.average.model)

    def _start_average(self) -> None:
        if self.config.average:
            self.average = WeightAverage(self.model, self.config.average)

    @property
    def shown_model(self) -> TextModel:
        """What is measured, saved and prompted: the model being trained, or its average."""
        return self.model if self.average is None else self.average.model

    @property
    def epoch(self) -> float:
        """Passes over the text so far."""
        return self.state.epoch + self.state.batch / self.batches_per_epoch

    @property
    def total_steps(self) -> int | None:
        """Steps at which the run ends; None when it only ends by the clock."""
        limits = []
        if self.config.steps is not None:
            limits.append(self.config.steps)
        if self.config.epochs is not None:
            limits.append(max(1, round(self.config.epochs * self.batches_per_epoch)))
        return min(limits, default=None)

    @property
    def progress(self) -> float:
        """Share of the run that is done, 0 to 1."""
        shares = [0.0]
        if self.total_steps is not None:
            shares.append(self.state.step / self.total_steps)
        if self.config.minutes is not None:
            shares.append(self.state.elapsed_s / (60 * self.config.minutes))
        if self.is_stagnant:
            return 1.0
        return min(1.0, max(shares))

    @property
    def is_stagnant(self) -> bool:
        """Whether validation has not improved for so long that the run ends early."""
        return 0 < self.config.patience <= self.state.num_stale

    @property
    def lr(self) -> float:
        """Learning rate of the next step."""
        return learning_rate(self.config, self.progress) * self.state.lr_scale

    def batches(self) -> Iterator[Batch]:
        """Give batches for ever, from where the run stands, also after it was moved back."""
        while True:
            epoch, position = self.state.epoch, self.state.batch
            for batch in self.train_split.train_batches(epoch, position):
                yield batch
                position += 1
                if (self.state.epoch, self.state.batch) != (epoch, position):
                    break

    def tick(self) -> float:
        """Bring the training time up to date and return the progress."""
        now = self.clock()
        if not self.is_paused:
            self.state.elapsed_s += now - self._ticked_at
        self._ticked_at = now
        return self.progress

    def validate(self) -> Position:
        """Measure the validation split, keep the weights if they are the best, and save."""
        found = self.measure(self.shown_model, self.dataset.splits["val"], self.config.eval_tokens)
        state = self.state
        best = state.best_val_loss
        is_best = math.isfinite(found.loss_nats) and (best is None or found.loss_nats < best)
        if is_best:
            state.best_val_loss, state.best_step = found.loss_nats, state.step
        state.num_stale = 0 if is_best else state.num_stale + 1
        gradients = {n: p.grad for n, p in self.model.named_parameters() if p.grad is not None}
        self.mirror.add_histograms("gradients", gradients, state.step)
        self.tick()
        accuracy = None if found.confusion is None else found.accuracy
        self.write(
            EvalRecord(state.step, self.epoch, state.elapsed_s, found.loss_nats, is_best, accuracy)
        )
        if state.num_stale and state.num_stale % PLATEAU == 0:
            self._lower_rate()
        return self.save()

    def _lower_rate(self) -> None:
        if self.config.schedule == "plateau":
            scale = self.state.lr_scale
            self.state.lr_scale = min(scale, max(self.config.final_lr, scale / 2))
            self.note("note", f"validation stagnates: learning rate {self.lr:.3g}")

    def save(self) -> Position:
        """Write a checkpoint, after the journal; roll back if a weight is not finite.

        Raises RnnlabError instead of rolling back if the settings say so.
        """
        self.tick()
        self.journal.flush()
        try:
            self.checkpoints.save(self.model, self.shown_model, self.optimizer, self.state)
        except OverflownWeightsError as error:
            if self.config.on_divergence == "stop":
                raise
            return self.roll_back(error.what)
        return Position.KEPT

    def roll_back(self, why: str) -> Position:
        """Return to the last trusted checkpoint, and halve the learning rate.

        Raises RnnlabError after MAX_ROLLBACKS returns, or if no checkpoint can be trusted.
        """
        step = self.checkpoints.trusted
        before = self.state
        if step is None or before.num_rollbacks >= MAX_ROLLBACKS:
            raise RnnlabError(
                f"{why}, also after {before.num_rollbacks} returns to a checkpoint",
                REMEDY,
            )
        self._go_back_to(step)
        self.state.elapsed_s, self.state.changed = before.elapsed_s, before.changed
        self.state.lr_scale = before.lr_scale / 2
        self.state.num_rollbacks = before.num_rollbacks + 1
        self.checkpoints.go_back_to(self.state)
        self.watch = LossWatch(math.log(self.model.head.bias.shape[0]))
        self.mirror.close()
        self.mirror = self.make_mirror(self.paths.root, step)
        # What failed with weights that overflowed may well go on with those from before.
        self.sampler = self.sampler or Sampler.of(self.config, self.dataset, self.clock)
        if self.probe.sample is None:
            self.probe = Probing(self)
        self.note("rollback", f"{why}; back at step {step} with learning rate {self.lr:.3g}")
        self.save()
        return Position.REWOUND

    def write(self, *records: Record) -> None:
        """Write records to the journal and its mirror, then tell whoever listens."""
        self.journal.append(*records)
        for record in records:
            self.mirror.add(record)
            self.control.heard(record, self)

    def note(self, event: Event, message: str = "") -> None:
        """Write an event."""
        record = EventRecord(self.state.step, event, message, self.state.elapsed_s)
        self.write(record)
        if event in REWINDING and self._samples is not None:
            self._samples.append(record)

    def attempt(self, what: str, work: Callable[[], _Found]) -> _Found | None:
        """Return what work gives that a run can do without; say why where it fails."""
        try:
            return work()
        except Exception as error:
            self.note("note", one_line(f"no more {what}: {type(error).__name__}: {error}"))
            return None

    def sample(self) -> None:
        """Continue the tracked prompts with the weights of now; no failure there ends a run."""
        if self.sampler is None or self._samples is None:
            return
        self.tick()
        model, state = self.shown_model, self.state
        sample = partial(self.sampler.sample, model, state.step, self.epoch, state.elapsed_s)
        records = self.attempt("samples", sample)
        if records is None:
            self.sampler = None
            return
        self._samples.append(*records)
        for record in records:
            self.mirror.add(record)

    def close(self) -> None:
        """Close what is written to."""
        if self._samples is not None:
            self._samples.close()
        self.mirror.close()
        self.journal.close()


def half_the_cores() -> int:
    """Return half the cores that this process may use, at least one.

    Torch's threads spin while they wait for each other: where there are more of them than idle
    cores, because another run trains or a prompt is answered, a run slows down many times over
    (tests/benchmarks/sharing.py).
    """
    return max(1, len(os.sched_getaffinity(0)) // 2)
