"""Start a worker that outlives the process that starts it."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.failures import cause_of
from rnnlab.base.files import real_path, replace_text
from rnnlab.base.regular_files import open_to_append
from rnnlab.base.trust import is_foreign
from rnnlab.runs.exclusive import cannot_lock
from rnnlab.runs.held_folder import FolderMovedError, HeldFolder
from rnnlab.runs.liveness import is_here
from rnnlab.runs.lock import ENDING_S, LATCH_S, take_lock
from rnnlab.runs.mailbox import clear
from rnnlab.runs.queue import Queue, device_key
from rnnlab.runs.records import ACTIVE_STATES, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.warm_worker import WarmWorker

STOP_SIGNALS = frozenset({signal.SIGTERM})
"""Signals that ask a worker to stop; blocked in a new worker until it has a handler."""
_WORKER = "rnnlab.worker.train"
_children: list[subprocess.Popen[bytes]] = []
"""Child processes, stored so that `start_worker` can reap those that have ended."""
_warm: list[WarmWorker] = []
"""The worker that has no run yet, if there is one."""


class Launch(Protocol):
    """The type of functions that start the worker of a run."""

    def __call__(self, run: Run, /, *, is_queued: bool = False) -> object:
        """Start the worker; is_queued: whether it waits for a free slot before it trains."""


def launch(run: Run, *, is_queued: bool = False) -> int:
    """Start a detached worker on a new or resumed run, and return its process id.

    The worker has its own session, no terminal, and the run's lock. is_queued: whether it waits for
    a free slot before it trains. Raise BadInputError if the run has a worker already or is shipped,
    RnnlabError if the process cannot be started.
    """
    if run.is_shipped:
        raise BadInputError(
            f"{run.name!r} is shipped with rnnlab and cannot be trained further",
            f"`rnnlab train CORPUS --init-from {run.name}` starts a new run from its weights",
        )
    try:
        folder = HeldFolder(run.paths)
    except OSError as error:
        raise RnnlabError(f"cannot open {run.paths.root}: {error.strerror}") from None
    try:
        _check_owner(run)
        return _launch(run, folder, is_queued=is_queued)
    except FolderMovedError as error:
        raise BadInputError(f"{run.name!r} cannot be started: {error}", "try again") from None
    finally:
        folder.close()


def _launch(run: Run, folder: HeldFolder, *, is_queued: bool) -> int:
    """Start the worker; raise FolderMovedError if another folder gets the path of the run."""
    status = run.status()
    if status.state == "lost" and not is_here(status) and not run.observe_death():
        raise _training_already(run)
    try:
        lock = take_lock(run.paths.lock, LATCH_S if status.state in ACTIVE_STATES else ENDING_S)
    except OSError as error:
        raise cannot_lock(run, error) from None
    if lock is None:
        raise _training_already(run)
    try:
        folder.check()  # the status is that of this folder
        clear(run.paths.mailbox)  # of the commands for an earlier worker
        queue = Queue(run.paths.root.parent)
        queue.leave(run.name)  # drop the entry of a worker that died in the queue
        if is_queued:
            queue.join(run.name, device_key(run.settings().get("device")))
        starting = replace(
            status,
            state="queued" if is_queued else "starting",
            pid=0,
            host=socket.gethostname(),
            heartbeat=time.time(),
            reason="",
            alarm="",
            stage="",
            is_bad_input=False,
        )
        folder.check()
        replace_text(run.paths.status, encode_status(starting))
        with _stop_signals_blocked():
            pid = _spawn(run, lock)
    except OSError as error:
        with contextlib.suppress(OSError, FolderMovedError):
            folder.check()
            Queue(run.paths.root.parent).leave(run.name)
            replace_text(run.paths.status, encode_status(status))
        where = error.filename2 or error.filename or run.paths.root
        problem = cause_of(error, run.paths.root) or f"{error.strerror or error}: {where}"
        raise RnnlabError(f"cannot start a worker: {problem}") from None
    finally:
        os.close(lock)
    return pid


def _check_owner(run: Run) -> None:
    """Raise BadInputError if the settings are those of another user.

    They name files that the worker would read with the permissions of this user, and whose words it
    would write into the vocabulary and the weights, which the other user can read.
    """
    root = run.paths.root
    with contextlib.suppress(OSError):
        if is_foreign(root, run.paths.config):
            raise BadInputError(
                f"{run.name!r} belongs to another user: its settings could name files that only "
                "you may read, and the run would show them",
                f"read its config.toml, then resume a copy: `{shlex.join(_copy_command(root))}`",
            )


def _copy_command(root: Path) -> list[str]:
    return ["cp", "-r", str(root), f"{root}-copy"]


def _training_already(run: Run) -> BadInputError:
    return BadInputError(
        f"{run.name!r} is training already", f"`rnnlab watch {run.name}` follows it"
    )


@contextlib.contextmanager
def _stop_signals_blocked() -> Iterator[None]:
    """Have a process that is started meanwhile begin with blocked stop signals.

    A stop signal that comes before the worker has a handler then waits, and does not kill it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _spawn(run: Run, lock: int) -> int:
    with open_to_append(run.paths.log) as log:
        arguments = [str(real_path(run.paths.root)), str(lock)]
        return start_worker(arguments, log.fileno(), lock)


def start_worker(arguments: list[str], log: int, lock: int) -> int:
    """Start `rnnlab.worker.train` in a new session and return its process id.

    If there is a warm worker, it takes the run. arguments: arguments of the module; log: descriptor
    of the open file for the worker's stdout and stderr; lock: descriptor of the run's lock, which
    the worker inherits.
    """
    _children[:] = [child for child in _children if child.poll() is None]
    while _warm:
        warm = _warm.pop()
        if warm.take(arguments[0], log, lock):
            _children.append(warm.process)
            return warm.process.pid
    child = subprocess.Popen(
        child_command(_WORKER, *arguments),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=(lock,),
        env=child_environment(),
    )
    _children.append(child)
    return child.pid


@contextlib.contextmanager
def warm_worker() -> Iterator[None]:
    """Have a worker load torch during the block; the first run that is started gets this worker.

    Without a run it ends with the block, or with this process.
    """
    with _stop_signals_blocked():
        warm = WarmWorker.start(child_command(_WORKER), child_environment())
    _warm.extend(filter(None, [warm]))
    try:
        yield
    finally:
        while _warm:
            _warm.pop().dismiss()


def child_command(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs one of rnnlab's modules.

    `-P` removes the current folder from the import path: a user's `random.py` there would shadow
    the standard library's.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def child_environment() -> dict[str, str]:
    """Return the environment of a worker: that of this process, without terminal variables.

    If this process encodes file names in UTF-8, PYTHONUTF8 makes the worker do so in any locale:
    TensorBoard fails with other encodings.
    """
    dropped = {"COLUMNS", "LINES", "TEXTUAL_LOG", "TEXTUAL_DRIVER"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    if sys.getfilesystemencoding() == "utf-8":
        environment["PYTHONUTF8"] = "1"
    return {**environment, "PYTHONUNBUFFERED": "1"}
