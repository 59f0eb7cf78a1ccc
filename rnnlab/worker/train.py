"""`python -m rnnlab.worker.train RUN_DIRECTORY LOCK`: trains one run to its end.

LOCK is the file descriptor of the run's lock. The launcher has acquired the lock, and the worker
holds it until the final status is written. With one argument, the descriptor of a socket, the
worker loads torch while it waits there for a run and its lock. The worker ignores SIGHUP and
SIGINT, because the terminal may be closed; on SIGTERM it writes a checkpoint and stops, or stops at
once if it still loads. The launcher blocks SIGTERM until the handler is installed. If the folder of
the run is moved, the worker ends, and leaves a new run at its path alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rnnlab.base.errors import EXIT_BAD_INPUT, EXIT_FAILED, BadInputError
from rnnlab.base.failures import is_gpu_failure, is_out_of_memory
from rnnlab.base.files import drop_leftovers
from rnnlab.runs.held_folder import FolderMovedError, HeldFolder
from rnnlab.runs.journal import Journal
from rnnlab.runs.launch import STOP_SIGNALS
from rnnlab.runs.mailbox import Command
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import (
    EvalRecord,
    EventRecord,
    Record,
    State,
    TrainRecord,
    encode_status,
)
from rnnlab.runs.store import Run
from rnnlab.runs.warm_worker import receive_run
from rnnlab.worker._environment import record_worker
from rnnlab.worker._failure import reason_of
from rnnlab.worker._load_torch import load_torch
from rnnlab.worker._malloc import keep_memory
from rnnlab.worker._notify import Notifier, NotifyEvent
from rnnlab.worker._slot import hold_slot
from rnnlab.worker._status_file import write_status
from rnnlab.worker._status_thread import StatusReporter

if TYPE_CHECKING:
    from rnnlab.training import Session

_RECENT = 40
"""Number of recent losses in the status, for the sparkline."""
_ALARMING = frozenset({"diverged", "skipped", "journal", "unsaved", "damaged"})
"""Events that set the `alarm` of the status; it is cleared when the loss is normal again, except
that of lost records."""
_NOTIFIED: dict[str, NotifyEvent] = {"diverged": "diverged", "target": "target"}
"""Events of a run in training of which the user is notified."""
_STATES: dict[str, State] = {"paused": "paused", "continued": "running"}
"""Event -> state of the run after it."""


def main() -> int:
    """Train the run named by the launcher; return the exit code."""
    posted: deque[Command] = deque()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: posted.append(Command("stop")))
    keep_memory()
    assigned = _assigned_run()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)  # blocked by the launcher
    if assigned is None:
        return 0
    paths, lock = RunPaths(Path(assigned[0])), assigned[1]
    os.set_inheritable(lock, False)
    try:
        folder = HeldFolder(paths, lock)
    except (FolderMovedError, OSError) as error:
        sys.stderr.write(f"{paths.root}: {error}\n")
        return EXIT_FAILED  # this folder, if there is one, belongs to another worker
    try:
        drop_leftovers(paths.root)
        reporter = StatusReporter(paths, Run(paths).status(), folder, posted)
    except OSError as error:
        return _fail_at_once(paths, error)
    notifier = Notifier(paths.root)
    slots = contextlib.ExitStack()

    def end_now() -> None:
        """End the process while it loads: torch is slow, and there is nothing to save."""
        reporter.end(state="stopped", eta_s=None)
        notifier.send("stopped", reporter.status)
        notifier.close()
        os._exit(0)

    try:
        if slots.enter_context(hold_slot(Run(paths), reporter)):
            reporter.stop_at_once(end_now)
            load_torch()
            reporter.change(state="starting")
            ending = _train(paths, folder, reporter, notifier)
        else:
            ending = "stopped"
    except Exception as error:
        reporter.free_reserve()
        with contextlib.suppress(OSError):
            traceback.print_exc()
        is_bad_input = isinstance(error, BadInputError)
        reason = reason_of(error, paths.root)
        with contextlib.suppress(OSError):  # then `exit_reason` finds the reason in the log
            reporter.end(state="failed", reason=reason, is_bad_input=is_bad_input)
        notifier.send("failed", reporter.status, reason)
        return EXIT_BAD_INPUT if is_bad_input else EXIT_FAILED
    else:
        reporter.end(state=ending, eta_s=None)
        notifier.send(ending, reporter.status)
        return 0
    finally:
        reporter.close()
        problems = notifier.close()
        with contextlib.suppress(FolderMovedError):
            folder.check()
            _log_problems(paths, reporter, problems)
        slots.close()
        # Release the lock before Python exits: unloading torch can take seconds, and meanwhile the
        # run could not be removed or resumed.
        os.close(lock)


def _assigned_run() -> tuple[str, int] | None:
    """Return the run's path and the descriptor of its lock; None if no run was handed over."""
    if len(sys.argv) > 2:
        return sys.argv[1], int(sys.argv[2])
    load_torch()
    return receive_run(int(sys.argv[1]))


def _fail_at_once(paths: RunPaths, error: OSError) -> int:
    """Record that a worker could not even write its first status; return the exit code."""
    status = replace(
        Run(paths).status(), state="failed", reason=reason_of(error, paths.root), stage=""
    )
    with contextlib.suppress(OSError):
        write_status(paths.status, encode_status(status))
    with contextlib.suppress(OSError):  # `exit_reason` reads this line if there is no such status
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    return EXIT_FAILED


def _log_problems(paths: RunPaths, reporter: StatusReporter, problems: list[str]) -> None:
    """Write the problems of notifications to the journal of a run that has ended."""
    status = reporter.status
    notes = [EventRecord(status.step, "note", problem, status.elapsed_s) for problem in problems]
    with contextlib.suppress(OSError):  # a full disk
        if notes:
            with Journal(paths.journal) as journal:
                journal.append(*notes)


def _train(
    paths: RunPaths, folder: HeldFolder, reporter: StatusReporter, notifier: Notifier
) -> Literal["finished", "stopped"]:
    """Prepare the corpus, build or load the model, and train; return the final state."""
    # Every stage takes seconds on a busy machine; the imports are in the order of the stages.
    reporter.change(stage="reading text")
    from rnnlab.corpora import Vocabulary, prepare
    from rnnlab.settings.run_config import RunConfig

    config = RunConfig.from_toml(paths.config)
    # A vocabulary without weights is a leftover of a worker killed before its first checkpoint.
    has_weights = paths.pointer("last").exists() or paths.initial_weights.exists()
    vocabulary = Vocabulary.load(paths.vocabulary) if has_weights else None
    dataset = prepare(config, vocabulary=vocabulary)
    folder.check()
    if vocabulary is None:
        dataset.vocabulary.save(paths.vocabulary)
    reporter.change(stage="loading torch")
    from rnnlab.training import Session, train

    reporter.change(stage="building the model")
    steering = Steering(reporter, notifier)
    session = Session(paths, config, dataset, steering, check_folder=folder.check)
    reporter.change(
        state="running",
        stage="first step",
        device=str(session.device),
        parameters=session.model.num_parameters(),
        floor_nats=dataset.floor.loss_nats if dataset.floor else None,
        floor_accuracy=dataset.floor.accuracy if dataset.floor else None,
        total_steps=session.total_steps,
        step=session.state.step,
    )
    record_worker(paths, session)
    reporter.stop_at_once(None)
    try:
        ending = train(session)
        session.log.note(ending)
    except Exception as error:
        reporter.free_reserve()
        if is_out_of_memory(error) or is_gpu_failure(error):
            traceback.clear_frames(error.__traceback__)  # they hold the tensors of the failed step
            with contextlib.suppress(Exception):
                session.saver.rescue()
        # On a full disk this may fail, too; the final status has the original error anyway.
        with contextlib.suppress(Exception):
            session.log.note("failed", reason_of(error, paths.root))
        with contextlib.suppress(Exception):
            session.close()
        raise
    else:
        session.close()
        return ending


class Steering:
    """Passes commands from the reporter to the loop, and records from the loop to the reporter."""

    def __init__(self, reporter: StatusReporter, notifier: Notifier | None = None) -> None:
        """notifier: notifies the user of a divergence or a reached target; None: nobody does."""
        self._reporter = reporter
        self._notifier = notifier
        self._num_reads = 0
        self._has_lost_records = False
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
                    eta_s=_eta_s(record.time_s, session.progress),
                    train_loss=record.train_loss,
                    grad_norm=record.grad_norm,
                    lr=record.lr,
                    tokens_per_s=record.tokens_per_s,
                    recent_losses=recent,
                    alarm=self._alarm(record, session),
                )
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
                self._has_lost_records = self._has_lost_records or record.event == "journal"
                self._reporter.change(
                    state=_STATES.get(record.event, status.state),
                    alarm=record.message if record.event in _ALARMING else status.alarm,
                    reached=record.message if record.event == "target" else status.reached,
                    step=record.step,
                    total_steps=session.total_steps,
                    eta_s=_eta_s(record.time_s, session.progress),
                    epoch=session.epoch,
                    elapsed_s=record.time_s,
                )
                event = _NOTIFIED.get(record.event)
                if event is not None and self._notifier is not None:
                    self._notifier.send(event, self._reporter.status, record.message)
            case _:
                pass

    def _alarm(self, record: TrainRecord, session: Session) -> str:
        """Return the alarm after a train record: a problem of the disk, or of the loss.

        That of lost records applies to the end.
        """
        is_in_trouble = session.watch.is_high or record.skipped > 0 or self._has_lost_records
        alarm = self._reporter.status.alarm if is_in_trouble else ""
        return session.saver.problem or alarm

    def _problems(self) -> list[str]:
        notifications = [] if self._notifier is None else self._notifier.problems()
        return [*self._reporter.problems(), *notifications]


def _eta_s(elapsed_s: float, progress: float) -> float | None:
    """Return the estimated remaining training time in seconds; None before the first step."""
    return elapsed_s * (1 - progress) / progress if progress else None


if __name__ == "__main__":
    sys.exit(main())
