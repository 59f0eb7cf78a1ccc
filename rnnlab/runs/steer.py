"""Steer a run: pause, resume, stop; the same for the command line and the app.

Each returns one line for the user and raises BadInputError when the run is in no state for it.
"""

from __future__ import annotations

from rnnlab.errors import BadInputError
from rnnlab.runs.launch import launch
from rnnlab.runs.mailbox import Command, send
from rnnlab.runs.store import Run


def pause(run: Run) -> str:
    """Ask the worker to save and wait."""
    state = run.status().state
    if state == "paused":
        raise BadInputError(f"{run.name!r} is paused already", f"`rnnlab resume {run.name}`")
    _need_worker(run, "pause")
    send(run.paths.mailbox, Command("pause"))
    return f"{run.name} pauses after this step"


def stop(run: Run) -> str:
    """Ask the worker to save and end."""
    _need_worker(run, "stop")
    send(run.paths.mailbox, Command("stop"))
    return f"{run.name} saves and stops"


def checkpoint(run: Run) -> str:
    """Ask the worker for a checkpoint now."""
    _need_worker(run, "save")
    send(run.paths.mailbox, Command("checkpoint"))
    return f"{run.name} saves a checkpoint"


def resume(run: Run) -> str:
    """Wake a paused worker, or start a new one where the last one stood."""
    status = run.status()
    match status.state:
        case "paused":
            send(run.paths.mailbox, Command("resume"))
            return f"{run.name} goes on"
        case "stopped" | "lost" | "failed":
            launch(run)
            step = run.paths.read_pointer("last") or 0
            return f"{run.name} goes on from step {step}"
        case "finished":
            raise BadInputError(
                f"{run.name!r} is finished: its settings' end is reached",
                f"`rnnlab train CORPUS --init-from {run.name}` trains its weights further",
            )
        case _:
            raise BadInputError(f"{run.name!r} is {status.state} already", "nothing to resume")


def _need_worker(run: Run, verb: str) -> None:
    status = run.status()
    if not run.is_alive():
        raise BadInputError(f"{run.name!r} is {status.state}", f"there is no worker to {verb}")
