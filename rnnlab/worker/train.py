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
from functools import partial
from pathlib import Path
from typing import Literal, NoReturn

from rnnlab.base.errors import EXIT_BAD_INPUT, EXIT_DONE, EXIT_FAILED, BadInputError
from rnnlab.base.failures import is_gpu_failure, is_out_of_memory
from rnnlab.base.files import drop_leftovers
from rnnlab.runs.held_folder import FolderMovedError, HeldFolder
from rnnlab.runs.journal import Journal
from rnnlab.runs.launch import STOP_SIGNALS
from rnnlab.runs.mailbox import Command
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import EventRecord, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.warm_worker import receive_run
from rnnlab.worker._environment import record_worker
from rnnlab.worker._failure import reason_of
from rnnlab.worker._load_torch import load_torch
from rnnlab.worker._malloc import keep_memory
from rnnlab.worker._notify import Notifier
from rnnlab.worker._running_clock import RunningClock
from rnnlab.worker._slot import hold_slot
from rnnlab.worker._status_file import write_status
from rnnlab.worker._status_thread import StatusReporter
from rnnlab.worker.steering import Steering


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

    try:
        if slots.enter_context(hold_slot(Run(paths), reporter)):
            reporter.stop_at_once(partial(end_now, reporter, notifier))
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


def end_now(reporter: StatusReporter, notifier: Notifier) -> NoReturn:
    """End the process while it loads: torch is slow, and there is nothing to save.

    It also ends if its last status cannot be written: its threads have ended by then.
    """
    code = EXIT_FAILED
    try:
        reporter.end(state="stopped", eta_s=None)
        notifier.send("stopped", reporter.status)
        notifier.close()
        code = EXIT_DONE
    except Exception:
        with contextlib.suppress(OSError):  # `exit_reason` finds the reason in the log
            traceback.print_exc()
    finally:
        os._exit(code)


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
    has_weights = paths.read_pointer("last") is not None or paths.initial_weights.exists()
    vocabulary = Vocabulary.load(paths.vocabulary) if has_weights else None
    dataset = prepare(config, vocabulary=vocabulary)
    folder.check()
    if vocabulary is None:
        dataset.vocabulary.save(paths.vocabulary)
    reporter.change(stage="loading torch")
    from rnnlab.training import Session, train

    reporter.change(stage="building the model")
    steering = Steering(reporter, notifier)
    clock = RunningClock().start()
    session = Session(paths, config, dataset, steering, clock=clock, check_folder=folder.check)
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
        clock.close()
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


if __name__ == "__main__":
    sys.exit(main())
