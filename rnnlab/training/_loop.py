"""The training loop, to be read in one sitting."""

from __future__ import annotations

from typing import Literal

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.corpora import Batch
from rnnlab.runs.fresh_checkpoint import FOR_A_PROMPT
from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import TrainRecord
from rnnlab.settings.run_config import RunConfig
from rnnlab.training._divergence import REMEDY
from rnnlab.training._metrics import MetricWindow
from rnnlab.training._session import Session
from rnnlab.training._step import layers_record, take_step, train_record

EVAL_EVERY = 500
"""Steps between validations at most, where the settings leave it open."""

Ending = Literal["finished", "stopped"]


def train(session: Session) -> Ending:
    """Train until the settings' end or the command to stop; a checkpoint is there in any case."""
    if session.state.step == 0:
        for message in session.dataset.notes:
            session.note("note", message)
        session.note("started", f"on {session.device}")
        session.save()
        session.sample()
    else:
        session.note("resumed", f"from the checkpoint of step {session.state.step}")
    if session.dtype != session.config.dtype:
        session.note("note", "this processor has no bfloat16: computing in float32")
    if session.progress >= 1.0:
        return "finished"
    loop = Loop(session)
    for batch in session.batches():
        if not loop.obey_all():
            session.save()
            return "stopped"
        if loop.advance(batch):
            return "finished"
    raise AssertionError("batches never end")


class Loop:
    """Step after step, and what is due after each."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def advance(self, batch: Batch) -> bool:
        """Take one step and write what is due; return whether it was the last."""
        session, state = self._session, self._session.state
        lr = session.lr
        for group in session.optimizer.param_groups:
            group["lr"] = lr
        started = session.clock()
        norms = take_step(
            session.model, session.optimizer, state, batch, session.config, session.dtype
        )
        if session.average is not None:
            session.average.update(state.step + 1)
        state.window.seconds += session.clock() - started
        state.step += 1
        state.batch += 1
        is_epoch_end = state.batch == session.batches_per_epoch
        if is_epoch_end:
            state.epoch, state.batch, state.carried = state.epoch + 1, 0, None
        is_over = session.tick() >= 1.0
        if state.step % session.config.log_every == 0 or state.step == 1 or is_over:
            waited = session.clock()
            record = train_record(state, session.epoch, lr)
            window = state.window
            window.seconds += session.clock() - waited
            session.write(record, layers_record(session.model, state.step, norms))
            state.window = window.next()
            if self._went_back(record, window):
                return False
        session.probe.take_if_due(state.step)
        is_validated = self._is_validation_due(is_epoch_end) or is_over
        is_sampled = session.sampler is not None and session.sampler.is_due(
            state.step, is_validated=is_validated, is_over=is_over
        )
        if is_sampled:
            session.sample()
        if is_validated:
            session.validate()
            if session.state is state and session.is_stagnant and not is_over:
                session.note(
                    "note",
                    f"stopped early: no new best in so many validations: {session.config.patience}",
                )
                if not is_sampled:
                    session.sample()
                return True
        elif self._is_checkpoint_due():
            session.save()
        return is_over and session.state is state

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

    def _went_back(self, record: TrainRecord, window: MetricWindow) -> bool:
        """Say what is unusual about a record; tell whether the run went back to a checkpoint.

        Raises RnnlabError when nothing but the end is left.
        """
        session = self._session
        can_roll_back = session.config.on_divergence == "rollback"
        if window.most_bad_running >= session.config.max_skipped:
            what = f"loss or gradient was not finite in {window.most_bad_running} steps running"
            if can_roll_back:
                session.roll_back(what)
                return True
            raise RnnlabError(what, f"the weights are as they were before; {REMEDY}")
        if record.skipped:
            what = f"loss or gradient was not finite in {record.skipped} steps; {REMEDY}"
            session.note("skipped", what)
        if record.train_loss is None:
            return False
        alarm = session.watch.hear(record.train_loss, window.loss_max)
        if alarm is None:
            if can_roll_back and not session.watch.is_high and not record.skipped:
                session.checkpoints.trust()
            return False
        session.note(alarm.event, alarm.message)
        if alarm.event == "diverged" and can_roll_back:
            session.roll_back(alarm.message)
            return True
        return False

    def obey_all(self) -> bool:
        """Obey the commands that have come, wait while paused; tell whether to go on."""
        session = self._session
        while True:
            for command in session.control.commands():
                if command.action == "stop":
                    return False
                self._obey(command)
            if not session.is_paused:
                return True
            session.control.wait()

    def _obey(self, command: Command) -> None:
        """Do what a command says, `stop` excepted."""
        session = self._session
        match command.action:
            case "pause" if not session.is_paused:
                session.tick()
                session.is_paused = True
                session.note("paused")
                session.save()
            case "resume" if session.is_paused:
                session.tick()
                session.is_paused = False
                session.note("continued")
            case "checkpoint":
                session.save()
                if command.name != FOR_A_PROMPT:
                    session.note("checkpoint", "asked for")
            case "set":
                self._change(command.name, command.value)

    def _change(self, name: str, value: float) -> None:
        session = self._session
        try:
            if name not in ("lr", "clip"):
                raise BadInputError(
                    f"{name!r} cannot be changed while it trains", "lr and clip can"
                )
            values = {**session.config.model_dump(exclude_none=True), name: value}
            session.config = RunConfig.from_values(values)
        except BadInputError as error:
            session.note("note", str(error))
        else:
            session.state.changed[name] = value
            session.note("note", f"{name} is now {value:g}")
