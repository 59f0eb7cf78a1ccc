"""Runs the user's command `notify` when a run ends, fails, diverges or reaches its target.

The worker does this, so the alert also comes if no lab is open. The command is a preference of the
user: nothing in a run's folder is ever executed. The run's name and messages reach the command only
as environment variables, never as part of the shell's text.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Literal

from rnnlab.base.display import duration, loss, percent, visible
from rnnlab.base.errors import RnnlabError, one_line
from rnnlab.base.preferences import load_preferences
from rnnlab.runs.records import Status

LIMIT_S = 10.0
"""Seconds after which a command is killed: a worker that has ended waits for its command."""
_MOST_CHARS = 300
"""Maximum number of characters of a command's error message."""

NotifyEvent = Literal["finished", "stopped", "failed", "diverged", "target"]


class Notifier:
    """Runs the command in threads, so that it never delays the training; collects its problems."""

    def __init__(self, folder: Path, limit_s: float = LIMIT_S) -> None:
        """folder: folder of the run. limit_s: seconds after which a command is killed."""
        self._folder = folder
        self._limit_s = limit_s
        self._threads: list[threading.Thread] = []
        self._problems: list[str] = []

    def send(self, event: NotifyEvent, status: Status, message: str = "") -> None:
        """Run the command, if there is one; message: why the run failed, what it reached."""
        try:
            command = load_preferences().notify
        except RnnlabError as error:
            self._problems.append(f"no notification: {error}")
            return
        if not command:
            return
        name = self._folder.name
        variables = {
            "RNNLAB_RUN": name,
            "RNNLAB_EVENT": event,
            "RNNLAB_MESSAGE": visible(_message(name, event, status, message), newline=" "),
            "RNNLAB_STEP": str(status.step),
            "RNNLAB_RUN_FOLDER": str(self._folder.absolute()),
        }
        thread = threading.Thread(target=self._run, args=(command, variables), daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no memory or no process left
            self._problems.append(f"no notification: {error}")
        else:
            self._threads.append(thread)

    def problems(self) -> list[str]:
        """Return the problems of the commands since the last call, one line each."""
        problems = []
        while self._problems:
            problems.append(self._problems.pop(0))
        return problems

    def close(self) -> list[str]:
        """Wait until every command has ended or is killed; return the problems."""
        for thread in self._threads:
            thread.join()
        return self.problems()

    def _run(self, command: str, variables: dict[str, str]) -> None:
        try:
            problem = _run_command(command, {**os.environ, **variables}, self._limit_s)
        except (OSError, ValueError) as error:
            problem = str(error)
        if problem:
            self._problems.append(one_line(f"the notify command {problem}"))


def _run_command(command: str, environment: dict[str, str], limit_s: float) -> str:
    """Run a command of the user's preferences in a shell; return its problem, "" for none.

    Its errors go to a file, not a pipe: a pipe would be open as long as a process that the command
    leaves in the background.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"was killed after {limit_s:g} s"
        if code == 0:
            return ""
        errors.seek(0)
        message = errors.read(_MOST_CHARS).decode(errors="replace").strip()
        return f"ended with code {code}" + (f": {message}" if message else "")


def _message(name: str, event: NotifyEvent, status: Status, message: str) -> str:
    """Return one line about the run, for the user."""
    at = f"at step {status.step:,}"
    match event:
        case "finished" | "stopped":
            figures = f"train {loss(status.train_loss)}, val {loss(status.val_loss)}"
            if status.val_accuracy is not None:
                figures += f", accuracy {percent(status.val_accuracy)}"
            return f"{name} {event} {at} after {duration(status.elapsed_s)}: {figures}"
        case "target":
            return f"{name} reached its target {at}: {message}"
        case _:
            return f"{name} {event} {at}: {message}"
