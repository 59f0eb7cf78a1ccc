"""The worker's second thread, which writes status and heartbeat and reads the mailbox.

The training thread does not access these files: a slow disk must not delay the training, and a long
step must not delay the heartbeat.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time
from collections import deque
from dataclasses import replace
from typing import Any

from rnnlab.runs.lock import HEARTBEAT_S
from rnnlab.runs.mailbox import Command, collect
from rnnlab.runs.memory import free_bytes, held_bytes, oom_kills
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import Status, encode_status
from rnnlab.worker._failure import Reserve
from rnnlab.worker._status_file import write_status

_MAIL_S = 0.2
"""Seconds between two reads of the mailbox: maximum delay between a key press and its effect."""
_STATUS_S = 0.5
"""Minimum number of seconds between two writes of a changed status."""


class StatusReporter:
    """Writes the `status.json` of a run and reads its mailbox, until the reporter is closed."""

    def __init__(self, paths: RunPaths, status: Status) -> None:
        self._paths = paths
        self._status = replace(status, pid=os.getpid(), host=socket.gethostname())
        self._lock = threading.Lock()
        self._is_dirty = True
        self._written_at = 0.0
        self._commands: deque[Command] = deque()
        self._arrived = threading.Event()
        self._closing = threading.Event()
        self._reserve = Reserve(paths)
        self._thread = threading.Thread(target=self._run, name="status", daemon=True)
        self._write()
        self._thread.start()

    @property
    def status(self) -> Status:
        """The status, as it will be written next."""
        return self._status

    def change(self, **changes: Any) -> None:
        """Change fields; a new state or stage is written at once, other changes soon.

        The end of the last stage is not urgent: a full disk must not end the training.
        """
        with self._lock:
            before = self._status
            self._status = replace(self._status, **changes)
            after = self._status
            is_new_stage = after.stage not in ("", before.stage)
            is_urgent = after.state != before.state or is_new_stage
            self._is_dirty = True
        if is_urgent:
            self._write()

    def post(self, command: Command) -> None:
        """Add a command; callable from a signal handler.

        Does not take a lock, because the interrupted thread may hold it. A paused worker therefore
        sees the command only after the timeout of `wait`.
        """
        self._commands.append(command)

    def commands(self) -> list[Command]:
        """Return the pending commands and remove them."""
        commands = []
        while self._commands:
            commands.append(self._commands.popleft())
        return commands

    def wait(self) -> None:
        """Block until the mailbox has brought a command, for at most 1 s."""
        self._arrived.wait(timeout=1.0)
        self._arrived.clear()

    def free_reserve(self) -> None:
        """Free the disk space that is reserved for the final status and event."""
        self._reserve.free()

    def end(self, **changes: Any) -> None:
        """End the thread and write the final status, even if the disk is full.

        Without a final status, other processes would assume that the worker was killed.
        """
        self._closing.set()
        self._thread.join()
        self.free_reserve()
        with self._lock:
            self._status = replace(self._status, heartbeat=time.time(), stage="", **changes)
            text = encode_status(self._status)
        write_status(self._paths.status, text)

    def close(self) -> None:
        """End the thread, if it is still running."""
        self._closing.set()
        self._thread.join()
        self.free_reserve()

    def _run(self) -> None:
        while not self._closing.wait(_MAIL_S):
            try:
                self._update()
            except OSError as error:
                # A full disk or an unavailable network file system must not end the training: the
                # next iteration tries again.
                with contextlib.suppress(OSError):  # the log is on the same disk
                    sys.stderr.write(f"status thread: {error}\n")

    def _update(self) -> None:
        commands = collect(self._paths.mailbox)
        if commands:
            self._commands.extend(commands)
            self._arrived.set()
        age_s = time.monotonic() - self._written_at
        if age_s > HEARTBEAT_S or (self._is_dirty and age_s > _STATUS_S):
            self._write()

    def _write(self) -> None:
        with self._lock:
            self._status = replace(
                self._status,
                heartbeat=time.time(),
                held_bytes=held_bytes(),
                free_bytes=free_bytes(),
                oom_kills=oom_kills(),
            )
            self._is_dirty = False
            self._written_at = time.monotonic()
            write_status(self._paths.status, encode_status(self._status))
