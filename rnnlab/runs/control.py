"""Control a run: pause, resume, stop; used by the command line and the app.

Each function returns one line for the user and raises BadInputError if the run's state does not
permit it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import replace

from rnnlab.base.display import duration
from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.runs.exclusive import cannot_lock
from rnnlab.runs.launch import Launch, launch
from rnnlab.runs.liveness import is_here
from rnnlab.runs.lock import ENDING_S, has_open, take_lock
from rnnlab.runs.mailbox import UNREADABLE, Command, send
from rnnlab.runs.pending import read_pending
from rnnlab.runs.queue import Queue
from rnnlab.runs.records import ACTIVE_STATES, Status, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.run_end import suggestion, text_of
from rnnlab.runs.summary import not_responding


def pause(run: Run) -> str:
    """Ask the worker to save a checkpoint and pause."""
    state = run.status().state
    if state == "paused":
        raise BadInputError(
            f"{run.name!r} is paused already", f"`rnnlab resume {run.name}` resumes it"
        )
    if state == "queued":
        raise BadInputError(
            f"{run.name!r} is queued, not training",
            f"`rnnlab stop {run.name}` removes it from the queue",
        )
    _order(run, _need_worker(run, "pause"), Command("pause"))
    return f"{run.name} pauses after this step"


def stop(run: Run) -> str:
    """Ask the worker to save a checkpoint and end.

    If the mailbox cannot be used, send SIGTERM instead. Raise RnnlabError if the worker does not
    respond; it stops as soon as it does.
    """
    status = _need_worker(run, "stop")
    silent_s = run.silent_s(status)
    problem = UNREADABLE if UNREADABLE in status.alarm else ""
    try:
        send(run.paths.mailbox, Command("stop"))
    except RnnlabError as error:
        problem = str(error)
    if problem and silent_s is None:
        _signal(run, status, signal.SIGTERM, f"{run.name!r} gets no commands: {problem}")
        return f"{run.name} saves and stops, by SIGTERM: {problem}"
    _check_responds(run, status, silent_s)
    if status.state == "queued":
        return f"{run.name} leaves the queue"
    return f"{run.name} saves and stops"


def change(run: Run, values: Mapping[str, float]) -> None:
    """Ask the worker to continue with changed settings; values: setting -> new value."""
    _order(run, _need_worker(run, "change"), Command("set", values=values))


def _order(run: Run, status: Status, command: Command) -> None:
    """Send a command to the worker; raise RnnlabError if it does not respond or gets no commands.

    A worker that responds later carries out the command then.
    """
    send(run.paths.mailbox, command)
    _check_responds(run, status, run.silent_s(status))
    if UNREADABLE in status.alarm:
        raise RnnlabError(
            f"{run.name!r} gets no commands: {UNREADABLE}", f"`rnnlab stop {run.name}` stops it"
        )


def _check_responds(run: Run, status: Status, silent_s: float | None) -> None:
    """Raise RnnlabError if the worker has not responded for `silent_s` seconds."""
    if silent_s is not None:
        raise RnnlabError(
            f"{run.name!r} is {not_responding(silent_s)}: its process {status.pid} on "
            f"{status.host} is stopped or hangs, and carries out this command if it responds again",
            f"`rnnlab stop --kill {run.name}` ends it, without the steps since its last checkpoint",
        )


def kill(run: Run) -> str:
    """Kill a worker that does not respond; its run continues from the last checkpoint.

    Raise BadInputError if the worker responds, RnnlabError if it cannot be killed from here.
    """
    status = _need_worker(run, "stop")
    silent_s = run.silent_s(status)
    if silent_s is None:
        raise BadInputError(
            f"the worker of {run.name!r} responds", f"`rnnlab stop {run.name}` saves and stops it"
        )
    _signal(run, status, signal.SIGKILL, f"{run.name!r} is {not_responding(silent_s)}")
    try:
        lock = take_lock(run.paths.lock, ENDING_S)
    except OSError as error:
        raise cannot_lock(run, error) from None
    if lock is None:
        raise RnnlabError(
            f"process {status.pid} of {run.name!r} has not ended yet", "it may wait for a disk"
        )
    try:
        Queue(run.paths.root.parent).leave(run.name)
        reason = (
            f"killed at the user's request: its worker had not responded for {duration(silent_s)}"
        )
        ended = replace(status, state="stopped", reason=reason, stage="", eta_s=None)
        replace_text(run.paths.status, encode_status(replace(ended, heartbeat=time.time())))
    except OSError as error:
        raise RnnlabError(f"cannot write to {run.paths.root}: {error.strerror}") from None
    finally:
        os.close(lock)
    step = run.paths.read_pointer("last") or 0
    return f"{run.name} is killed; it resumes from step {step:,}"


def _signal(run: Run, status: Status, number: signal.Signals, problem: str) -> None:
    """Send a signal to the worker; raise RnnlabError with the problem if that is impossible."""
    if not is_here(status):
        raise RnnlabError(problem, f"its process {status.pid} is on {status.host}: end it there")
    if not status.pid or not has_open(status.pid, run.paths.lock):
        raise RnnlabError(problem, "its process is unknown, or belongs to another user")
    try:
        os.kill(status.pid, number)
    except OSError as error:
        hint = f"process {status.pid} cannot be ended: {error.strerror}"
        raise RnnlabError(problem, hint) from None


def checkpoint(run: Run) -> str:
    """Ask the worker to save a checkpoint now."""
    if run.status().state == "queued":
        raise BadInputError(
            f"{run.name!r} is queued and has nothing to save yet", "wait until it trains"
        )
    _order(run, _need_worker(run, "save"), Command("checkpoint"))
    return f"{run.name} saves a checkpoint"


def resume(run: Run, *, is_queued: bool = False, launch_worker: Launch | None = None) -> str:
    """Resume a paused worker, or start a new one from the last checkpoint.

    A finished run resumes only if changed settings are pending, such as a later end.

    is_queued: whether a new worker first waits for a free slot; launch_worker: function that starts
    a new worker, by default `rnnlab.runs.launch.launch`.
    """
    status = run.status()
    has_changes = status.state == "finished" and bool(read_pending(run.paths))
    match "stopped" if has_changes else status.state:
        case "paused":
            _order(run, status, Command("resume"))
            return f"{run.name} resumes"
        case "stopped" | "lost" | "failed":
            (launch_worker or launch)(run, is_queued=is_queued)
            if is_queued:
                return f"{run.name} is queued"
            step = run.paths.read_pointer("last") or 0
            return f"{run.name} resumes from step {step:,}"
        case "finished":
            raise BadInputError(*refusal_of_finished(run))
        case _:
            raise BadInputError(
                f"{run.name!r} is {status.state} already", f"`rnnlab watch {run.name}` follows it"
            )


def refusal_of_finished(run: Run) -> tuple[str, str]:
    """Return why a finished run does not resume without a new setting, and the command that does.

    The command of a shipped run, which must not be changed, starts a new run from its weights.
    """
    if run.is_shipped:
        return (
            f"{run.name!r} is shipped with rnnlab and cannot be trained further",
            f"`rnnlab train CORPUS --init-from {run.name}` starts a new run from its weights",
        )
    changes = suggestion(run.settings(), run.status())
    options = " ".join(f"--{name} {text_of(value)}" for name, value in changes.items())
    why = "has stopped early" if "patience" in changes else "has completed all its steps"
    return f"{run.name!r} {why}", f"`rnnlab resume {run.name} {options}` continues it"


def move_in_queue(run: Run, by: int) -> str:
    """Move a queued run by `by` places, towards the front of the queue if `by` is negative."""
    place = Queue(run.paths.root.parent).move(run.name, by)
    return f"{run.name} is number {place} in the queue"


def _need_worker(run: Run, verb: str) -> Status:
    """Return the status of an active run; raise BadInputError for any other."""
    status = run.status()
    if status.state not in ACTIVE_STATES:
        raise BadInputError(
            f"{run.name!r} is {status.state}: no worker can {verb} it",
            "`rnnlab runs` lists the active runs",
        )
    return status
