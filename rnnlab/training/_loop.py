"""The training loop, to be read in one sitting."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import torch

from rnnlab.config import RunConfig
from rnnlab.corpora import Batch, Dataset
from rnnlab.errors import BadInputError, RnnlabError
from rnnlab.models import build_model, load_weights, resolve_device
from rnnlab.runs.journal import Journal
from rnnlab.runs.mailbox import Command
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import EvalRecord, Event, EventRecord, Record, TrainRecord
from rnnlab.training._checkpoints import Checkpoints, check_corpus
from rnnlab.training._evaluate import evaluate
from rnnlab.training._mirror import Mirror
from rnnlab.training._optimizer import learning_rate, make_optimizer
from rnnlab.training._state import TrainingState, Window, load_training_state
from rnnlab.training._step import layers_record, take_step, train_record

EVAL_EVERY = 500
"""Steps between validations at most, where the settings leave it open."""

PATIENCE = 10
"""Steps without a finite gradient, one after another, after which a run gives up."""

Ending = Literal["finished", "stopped"]


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
    """One run in training: everything that changes from step to step, and where it is written."""

    paths: RunPaths
    config: RunConfig
    dataset: Dataset
    control: Control
    is_paused: bool = False

    def __post_init__(self) -> None:
        """Build the model, or bring it back to the run's last checkpoint."""
        self.device = resolve_device(self.config.device)
        torch.set_num_threads(self.config.threads or half_the_cores())
        self.model = build_model(self.config, self.dataset.vocabulary).to(self.device)
        self.optimizer = make_optimizer(self.model, self.config)
        self.checkpoints = Checkpoints(self.paths, self.config.keep, self.dataset.fingerprint)
        step = self.paths.read_pointer("last")
        if step is None:
            self.state = TrainingState.fresh(self.config.seed, self.device)
        else:
            check_corpus(self.paths, self.dataset.fingerprint)
            load_weights(self.paths.weights(step), self.model)
            self.state = load_training_state(
                self.paths.training_state(step), self.optimizer, self.device
            )
            self.config = self.config.model_copy(update=self.state.changed)
        self.journal = Journal(self.paths.journal)
        self.mirror = Mirror(self.paths.root, self.state.step)
        self.train_split = self.dataset.splits["train"]
        self._batches_per_epoch = self.train_split.num_batches()
        self._num_bad_running = 0
        self._clock = time.perf_counter()

    @property
    def epoch(self) -> float:
        """Passes over the text so far."""
        return self.state.epoch + self.state.batch / self._batches_per_epoch

    @property
    def total_steps(self) -> int | None:
        """Steps at which the run ends; None when it only ends by the clock."""
        limits = []
        if self.config.steps is not None:
            limits.append(self.config.steps)
        if self.config.epochs is not None:
            limits.append(max(1, round(self.config.epochs * self._batches_per_epoch)))
        return min(limits, default=None)

    @property
    def progress(self) -> float:
        """Share of the run that is done, 0 to 1."""
        shares = [0.0]
        if self.total_steps is not None:
            shares.append(self.state.step / self.total_steps)
        if self.config.minutes is not None:
            shares.append(self.state.elapsed_s / (60 * self.config.minutes))
        return min(1.0, max(shares))

    def batches(self) -> Iterator[Batch]:
        """Give batches for ever, from where the run stands."""
        while True:
            yield from self.train_split.train_batches(self.state.epoch, self.state.batch)

    def advance(self, batch: Batch) -> bool:
        """Take one step and write what is due; return whether it was the last."""
        lr = learning_rate(self.config, self.progress)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        started = time.perf_counter()
        norms = take_step(self.model, self.optimizer, self.state, batch, self.config)
        self.state.window.seconds += time.perf_counter() - started
        self.state.step += 1
        self.state.batch += 1
        is_epoch_end = self.state.batch == self._batches_per_epoch
        if is_epoch_end:
            self.state.epoch, self.state.batch, self.state.carried = self.state.epoch + 1, 0, None
        is_over = self._tick() >= 1.0
        if self.state.step % self.config.log_every == 0 or self.state.step == 1 or is_over:
            waited = time.perf_counter()
            record = train_record(self.state, self.epoch, lr)
            self.state.window.seconds += time.perf_counter() - waited
            self.write(record, layers_record(self.state.step, norms))
            self._check_alive(record)
            self.state.window = Window.empty(self.device)
        if self._is_validation_due(is_epoch_end) or is_over:
            self.validate()
        elif self._is_checkpoint_due():
            self.save()
        return is_over

    def _is_validation_due(self, is_epoch_end: bool) -> bool:
        if self.config.eval_every:
            return self.state.step % self.config.eval_every == 0
        return is_epoch_end or self.state.step % EVAL_EVERY == 0

    def _is_checkpoint_due(self) -> bool:
        every = self.config.checkpoint_every
        return self.checkpoints.is_due(self.state.step, every, self.state.elapsed_s)

    def validate(self) -> None:
        """Measure the held-out text, keep the weights if they are the best, and save."""
        found = evaluate(self.model, self.dataset.splits["val"], self.config.eval_tokens)
        best = self.state.best_val_loss
        is_best = math.isfinite(found.loss_nats) and (best is None or found.loss_nats < best)
        if is_best:
            self.state.best_val_loss, self.state.best_step = found.loss_nats, self.state.step
        gradients = {n: p.grad for n, p in self.model.named_parameters() if p.grad is not None}
        self.mirror.add_gradients(gradients, self.state.step)
        self._tick()
        self.write(
            EvalRecord(self.state.step, self.epoch, self.state.elapsed_s, found.loss_nats, is_best)
        )
        self.save()

    def save(self) -> None:
        """Write a checkpoint; the journal reaches the disk before it does."""
        self._tick()
        self.journal.flush()
        self.checkpoints.save(self.model, self.optimizer, self.state)

    def write(self, *records: Record) -> None:
        """Write records to the journal and its mirror, then tell whoever listens."""
        self.journal.append(*records)
        for record in records:
            self.mirror.add(record)
            self.control.heard(record, self)

    def note(self, event: Event, message: str = "") -> None:
        """Write an event."""
        self.write(EventRecord(self.state.step, event, message, self.state.elapsed_s))

    def close(self) -> None:
        """Close what is written to."""
        self.mirror.close()
        self.journal.close()

    def obey(self, command: Command) -> None:
        """Do what a command says, `stop` excepted."""
        match command.action:
            case "pause" if not self.is_paused:
                self._tick()
                self.is_paused = True
                self.note("paused")
                self.save()
            case "resume" if self.is_paused:
                self.is_paused = False
                self._clock = time.perf_counter()
                self.note("continued")
            case "checkpoint":
                self.save()
                self.note("checkpoint", "asked for")
            case "set":
                self._change(command.name, command.value)

    def _change(self, name: str, value: float) -> None:
        try:
            if name not in ("lr", "clip"):
                raise BadInputError(
                    f"{name!r} cannot be changed while it trains", "lr and clip can"
                )
            values = {**self.config.model_dump(exclude_none=True), name: value}
            self.config = RunConfig.from_values(values)
        except BadInputError as error:
            self.note("note", str(error))
        else:
            self.state.changed[name] = value
            self.note("note", f"{name} is now {value:g}")

    def _tick(self) -> float:
        """Bring the training time up to date and return the progress."""
        now = time.perf_counter()
        if not self.is_paused:
            self.state.elapsed_s += now - self._clock
        self._clock = now
        return self.progress

    def _check_alive(self, record: TrainRecord) -> None:
        is_all_bad = record.train_loss is None
        self._num_bad_running = self._num_bad_running + record.skipped if is_all_bad else 0
        if self._num_bad_running >= PATIENCE:
            raise RnnlabError(
                f"loss or gradient was not finite in {self._num_bad_running} steps running",
                "the weights are as they were before; lower --lr or set --clip",
            )
        if record.skipped:
            self.note("skipped", f"{record.skipped} steps: loss or gradient was not finite")


def half_the_cores() -> int:
    """Return half the cores that this process may use, at least one.

    Torch's threads spin while they wait for each other: where there are more of them than idle
    cores, because another run trains or a prompt is answered, a run slows down many times over
    (tests/benchmarks/sharing.py).
    """
    return max(1, len(os.sched_getaffinity(0)) // 2)


def train(session: Session) -> Ending:
    """Train until the settings' end or the command to stop; a checkpoint is there in any case."""
    if session.state.step == 0:
        for message in session.dataset.notes:
            session.note("note", message)
        session.note("started", f"on {session.device}")
        session.save()
    else:
        session.note("resumed", f"from the checkpoint of step {session.state.step}")
    if session.progress >= 1.0:
        return "finished"
    for batch in session.batches():
        if not _obey_all(session):
            session.save()
            return "stopped"
        if session.advance(batch):
            return "finished"
    raise AssertionError("batches never end")


def _obey_all(session: Session) -> bool:
    """Obey the commands that have come, wait while paused; tell whether to go on."""
    while True:
        for command in session.control.commands():
            if command.action == "stop":
                return False
            session.obey(command)
        if not session.is_paused:
            return True
        session.control.wait()
