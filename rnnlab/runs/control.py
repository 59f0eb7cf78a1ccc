"""Control a run: pause, resume, stop; used by the command line and the app.

Each function returns one line for the user and raises BadInputError if the run's state does not
permit it.
"""

from __future__ import annotations

from rnnlab.base.errors import BadInputError
from rnnlab.runs.launch import Launch, launch
from rnnlab.runs.mailbox import Command, send
from rnnlab.runs.pending import read_pending
from rnnlab.runs.queue import Queue
from rnnlab.runs.run_end import suggestion, text_of
from rnnlab.runs.store import Run


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
    _need_worker(run, "pause")
    send(run.paths.mailbox, Command("pause"))
    return f"{run.name} pauses after this step"


def stop(run: Run) -> str:
    """Ask the worker to save a checkpoint and end."""
    _need_worker(run, "stop")
    is_queued = run.status().state == "queued"
    send(run.paths.mailbox, Command("stop"))
    if is_queued:
        return f"{run.name} leaves the queue"
    return f"{run.name} saves and stops"


def checkpoint(run: Run) -> str:
    """Ask the worker to save a checkpoint now."""
    if run.status().state == "queued":
        raise BadInputError(
            f"{run.name!r} is queued and has nothing to save yet", "wait until it trains"
        )
    _need_worker(run, "save")
    send(run.paths.mailbox, Command("checkpoint"))
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
            send(run.paths.mailbox, Command("resume"))
            return f"{run.name} resumes"
        case "stopped" | "lost" | "failed":
            (launch_worker or launch)(run, is_queued=is_queued)
            if is_queued:
                return f"{run.name} is queued"
            step = run.paths.read_pointer("last") or 0
            return f"{run.name} resumes from step {step}"
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


def _need_worker(run: Run, verb: str) -> None:
    status = run.status()
    if not run.is_alive():
        raise BadInputError(
            f"{run.name!r} is {status.state}: no worker can {verb} it",
            "`rnnlab runs` lists the active runs",
        )
