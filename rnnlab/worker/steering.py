"""Between the loop that trains and the status of its run: commands one way, records the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import EvalRecord, EventRecord, Record, State, TrainRecord
from rnnlab.worker._notify import Notifier, NotifyEvent
from rnnlab.worker._status_thread import StatusReporter

if TYPE_CHECKING:
    from rnnlab.training import Session

_RECENT = 40
"""Number of recent losses in the status, for the sparkline."""
_ALARMING = frozenset({"skipped", "journal", "unsaved", "damaged"})
"""Events that set the `alarm` of the status; it is cleared when the loss is normal again, except
that of lost records. A divergence has a field of its own, which remains after the end."""
_NOTIFIED: dict[str, NotifyEvent] = {"diverged": "diverged", "target": "target"}
"""Events of a run in training of which the user is notified."""
_STATES: dict[str, State] = {"paused": "paused", "continued": "running"}
"""Event -> state of the run after it."""


class Steering:
    """Passes commands from the reporter to the loop, and records from the loop to the reporter."""

    def __init__(self, reporter: StatusReporter, notifier: Notifier | None = None) -> None:
        """notifier: notifies the user of a divergence or a reached target; None: nobody does."""
        self._reporter = reporter
        self._notifier = notifier
        self._num_reads = 0
        self._has_trained = False
        """Whether there was a train record: before it, the last worker's divergence applies."""
        self._lost_records = ""
        """The alarm of lost records, which applies to the end."""
        self.wait = reporter.wait

    def commands(self) -> list[Command]:
        """Return the pending commands; called before every step."""
        self._num_reads += 1
        if self._num_reads == 2:  # the first step has been taken
            self._reporter.change(stage="")
        return self._reporter.commands()

    def on_record(self, record: Record, session: Session) -> None:
        """Update the status from a record that has just been written."""
        status, state = self._reporter.status, session.state
        match record:
            case TrainRecord():
                recent = status.recent_losses
                if record.train_loss is not None:
                    recent = [*recent, record.train_loss][-_RECENT:]
                self._reporter.change(
                    step=record.step,
                    epoch=record.epoch,
                    elapsed_s=record.time_s,
                    eta_s=_eta_s(record, session.progress),
                    train_loss=record.train_loss,
                    grad_norm=record.grad_norm,
                    lr=record.lr,
                    tokens_per_s=record.tokens_per_s,
                    recent_losses=recent,
                    alarm=self._alarm(record, session),
                    diverged_step=self._diverged_step(session),
                )
                self._has_trained = True
                for problem in self._problems():
                    session.log.note("note", problem)
            case EvalRecord():
                self._reporter.change(
                    val_loss=record.val_loss,
                    val_accuracy=record.accuracy,
                    best_val_loss=state.best_val_loss,
                    best_step=state.best_step,
                    elapsed_s=record.time_s,
                )
            case EventRecord():
                if record.event == "journal":
                    self._lost_records = record.message
                self._reporter.change(
                    state=_STATES.get(record.event, status.state),
                    alarm=record.message if record.event in _ALARMING else status.alarm,
                    diverged_step=_diverged_at(record, status.diverged_step),
                    reached=record.message if record.event == "target" else status.reached,
                    step=record.step,
                    total_steps=session.total_steps,
                    eta_s=_eta_s(record, session.progress),
                    epoch=session.epoch,
                    elapsed_s=record.time_s,
                )
                event = _NOTIFIED.get(record.event)
                if event is not None and self._notifier is not None:
                    self._notifier.send(event, self._reporter.status, record.message)
            case _:
                pass

    def _alarm(self, record: TrainRecord, session: Session) -> str:
        """Return the alarm after a train record: of the disk, of the loss, or of lost records."""
        is_in_trouble = session.watch.is_high or record.skipped > 0
        alarm = self._reporter.status.alarm if is_in_trouble else self._lost_records
        return session.saver.problem or alarm

    def _diverged_step(self, session: Session) -> int | None:
        """Return the step of the divergence after a train record; None if the loss is normal."""
        is_over = self._has_trained and not session.watch.has_diverged
        return None if is_over else self._reporter.status.diverged_step

    def _problems(self) -> list[str]:
        notifications = [] if self._notifier is None else self._notifier.problems()
        return [*self._reporter.problems(), *notifications]


def _diverged_at(record: EventRecord, before: int | None) -> int | None:
    """Return the step of the divergence after an event; before: that step before the event."""
    if record.event == "rollback":
        return None
    if record.event == "diverged" and before is None:
        return record.step
    return before


def _eta_s(record: TrainRecord | EventRecord, progress: float) -> float | None:
    """Return the estimated remaining training time in seconds; None up to the first step.

    The first step is far slower than the others: memory is allocated and kernels are compiled.
    """
    if record.step <= 1 or not progress:
        return None
    return record.time_s * (1 - progress) / progress
