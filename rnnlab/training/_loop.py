"""The training loop, to be read in one sitting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from rnnlab.base.errors import RnnlabError
from rnnlab.corpora import Batch
from rnnlab.runs.fresh_checkpoint import FOR_A_PROMPT
from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import REMEDY, TrainRecord
from rnnlab.training._metrics import MetricWindow
from rnnlab.training._optimizer import set_rate
from rnnlab.training._position import Position
from rnnlab.training._session import Session
from rnnlab.training._steering import apply_pending, change
from rnnlab.training._step import layers_record, take_step, train_record

if TYPE_CHECKING:
    from torch import Tensor

EVAL_EVERY = 500
"""Maximum number of steps between validations if `eval_every` is not set."""

Ending = Literal["finished", "stopped"]


def train(session: Session) -> Ending:
    """Train until the run ends or a stop command arrives, and write a final checkpoint.

    Raises RnnlabError if the training diverges and the settings do not allow a rollback, OSError if
    the first or the final checkpoint cannot be written.
    """
    ending = _train(session)
    session.settle()
    return ending


def _train(session: Session) -> Ending:
    """Train until the run ends or a stop command arrives."""
    if session.state.step == 0:
        for message in session.dataset.notes:
            session.log.note("note", message)
        session.log.note("started", f"on {session.device}")
        session.save(is_needed=True)
        session.sample()
    else:
        if session.damage:
            session.log.note("damaged", session.damage)
        session.log.note("resumed", f"from the checkpoint of step {session.state.step}")
        session.log.note_missing()
    if session.dtype != session.config.dtype:
        session.log.note("note", "this processor does not support bfloat16: computing in float32")
    apply_pending(session)
    if session.progress >= 1.0:
        return "finished"
    loop = Loop(session)
    session.saver.mark()
    for batch in session.batches():
        if not loop.run_commands():
            session.save()
            return "stopped"
        if loop.advance(batch):
            return "finished"
    raise AssertionError("batches never end")


class Update(NamedTuple):
    """The rate and the gradient norms of one optimiser step."""

    lr: float
    norms: dict[str, Tensor]
    """Parameter -> norm of its gradient before clipping; the norms are scalars on the device."""


class Loop:
    """The phases of a training step, and the commands that arrive between steps."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def advance(self, batch: Batch) -> bool:
        """Take one step and do all that is due after it; return True if the run is finished."""
        session = self._session
        update = self._update(batch)
        is_epoch_end = self._count_step()
        session.tick()
        session.saver.mark()
        session.saver.tidy()
        is_over = session.progress >= 1.0
        if self._log(update, is_over=is_over) is Position.REWOUND:
            return False
        session.probe.run_if_due(session.model, session.state.step)
        is_validated = is_over or self._is_validation_due(is_epoch_end)
        is_sampled = self._sample(is_validated=is_validated, is_over=is_over)
        if self._save(is_validated=is_validated) is Position.REWOUND:
            return False
        if is_validated and session.is_stagnant and not is_over:
            self._stop_early(is_sampled=is_sampled)
            return True
        return is_over

    def _update(self, batch: Batch) -> Update:
        """Phase 1: take one optimiser step."""
        session, state = self._session, self._session.state
        lr = session.lr
        set_rate(session.optimizer, lr)
        started = session.clock()
        norms = take_step(
            session.model, session.optimizer, state, batch, session.config, session.dtype,
            session.compute,
        )  # fmt: skip
        if session.average is not None:
            session.average.update(state.step + 1)
        state.window.seconds += session.clock() - started
        return Update(lr, norms)

    def _count_step(self) -> bool:
        """Phase 2: advance the position in the data; return True at the end of an epoch."""
        state = self._session.state
        state.step += 1
        state.batch += 1
        is_epoch_end = state.batch == self._session.batches_per_epoch
        if is_epoch_end:
            state.epoch, state.batch, state.carried = state.epoch + 1, 0, None
        return is_epoch_end

    def _log(self, update: Update, *, is_over: bool) -> Position:
        """Phase 3: if due, write the metrics and check the loss for divergence."""
        session, state = self._session, self._session.state
        if state.step % session.config.log_every != 0 and state.step != 1 and not is_over:
            return Position.KEPT
        window = state.window
        waited = session.clock()
        window.fold()
        window.seconds += session.clock() - waited  # before the record: its rate includes the wait
        record = train_record(state, session.epoch, update.lr)
        session.log.write(record, layers_record(session.model, state.step, update.norms))
        state.window = window.next()
        return self._check(record, window)

    def _sample(self, *, is_validated: bool, is_over: bool) -> bool:
        """Phase 4: continue the tracked prompts if that is due; return True if it was."""
        session = self._session
        is_due = session.sampler is not None and session.sampler.is_due(
            session.state.step, is_validated=is_validated, is_over=is_over
        )
        if is_due:
            session.sample()
        return is_due

    def _save(self, *, is_validated: bool) -> Position:
        """Phase 5: if due, validate (which also writes a checkpoint) or only write a checkpoint."""
        if is_validated:
            return self._session.validate()
        if self._is_checkpoint_due():
            return self._session.save()
        return Position.KEPT

    def _stop_early(self, *, is_sampled: bool) -> None:
        """Log why the run ends, and write samples of the last step unless that has been done."""
        session = self._session
        session.log.note(
            "note", f"stopped early: no improvement in {session.config.patience} validations"
        )
        if not is_sampled:
            session.sample()

    def _is_validation_due(self, is_epoch_end: bool) -> bool:
        step, config = self._session.state.step, self._session.config
        if config.eval_every:
            return step % config.eval_every == 0
        return is_epoch_end or step % EVAL_EVERY == 0

    def _is_checkpoint_due(self) -> bool:
        state, config = self._session.state, self._session.config
        return self._session.checkpoints.is_due(
            state.step, config.checkpoint_every, config.checkpoint_minutes, state.elapsed_s
        )

    def _check(self, record: TrainRecord, window: MetricWindow) -> Position:
        """Log skipped steps, spikes and divergence; roll back after a divergence if allowed.

        After `max_skipped` consecutive skipped steps, roll back, or raise RnnlabError if rollback
        is off.
        """
        session = self._session
        can_roll_back = session.config.on_divergence == "rollback"
        if window.most_bad_running >= session.config.max_skipped:
            problem = (
                f"loss or gradient was not finite in {window.most_bad_running} consecutive steps"
            )
            if can_roll_back:
                return session.roll_back(problem)
            raise RnnlabError(problem, f"{REMEDY} (the skipped steps did not change the weights)")
        if record.skipped:
            session.log.note(
                "skipped",
                f"skipped {record.skipped} steps: loss or gradient was not finite; {REMEDY}",
            )
        if record.train_loss is None:
            return Position.KEPT
        alarm = session.watch.check(record.train_loss, window.loss_max)
        if alarm is None:
            if can_roll_back and not session.watch.is_high and not record.skipped:
                session.checkpoints.trust(session.state.best_step)
            return Position.KEPT
        session.log.note(alarm.event, alarm.message)
        if alarm.event == "diverged" and can_roll_back:
            return session.roll_back(alarm.message)
        return Position.KEPT

    def run_commands(self) -> bool:
        """Carry out pending commands and block while paused; return False after a stop command."""
        session = self._session
        while True:
            for command in session.control.commands():
                if command.action == "stop":
                    return False
                self._run_command(command)
            if not session.is_paused:
                return True
            session.control.wait()

    def _run_command(self, command: Command) -> None:
        """Carry out a command other than `stop`."""
        session = self._session
        match command.action:
            case "pause" if not session.is_paused:
                session.tick()
                session.is_paused = True
                session.save()  # first: a paused run has a checkpoint of its last step
                session.log.note("paused")
            case "resume" if session.is_paused:
                session.tick()
                session.is_paused = False
                session.log.note("continued")
            case "checkpoint":
                session.save()
                if command.name != FOR_A_PROMPT:
                    session.log.note("checkpoint", "requested")
            case "set":
                change(session, command.changes)
