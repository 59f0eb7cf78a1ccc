"""The worker's second thread: writes the status and the heartbeat, and reads the mailbox.

The training thread must not access these files: a slow disk must not delay the loop, and a long
step must not delay the heartbeat.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections import deque
from dataclasses import replace
from typing import Any

from rnnlab.base.files import replace_text
from rnnlab.runs.lock import HEARTBEAT_S
from rnnlab.runs.mailbox import Command, collect
from rnnlab.runs.memory import free_bytes, held_bytes, oom_kills
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import Status, encode_status
from rnnlab.worker._failure import Reserve

_MAIL_S = 0.2
"""Interval of reading the mailbox, in seconds: the longest delay of a key press."""
_STATUS_S = 0.5
"""Shortest interval of writing a changed status, in seconds."""


class StatusReporter:
    """Writes `status.json` and reads the mailbox of one run until it is closed."""

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
        """The status as it will be written next."""
        return self._status

    def change(self, **changes: Any) -> None:
        """Change fields of the status; written at the next interval, or at once for a new state."""
        with self._lock:
            has_new_state = changes.get("state", self._status.state) != self._status.state
            self._status = replace(self._status, **changes)
            self._is_dirty = True
        if has_new_state:
            self._write()

    def post(self, command: Command) -> None:
        """Add a command from a signal handler.

        Must not take a lock that the interrupted thread may hold. A paused worker therefore sees
        the command only after its wait has timed out.
        """
        self._commands.append(command)

    def commands(self) -> list[Command]:
        """Return the pending commands and remove them."""
        commands = []
        while self._commands:
            commands.append(self._commands.popleft())
        return commands

    def wait(self) -> None:
        """Block until a command is pending, for at most 1 s."""
        self._arrived.wait(timeout=1.0)
        self._arrived.clear()

    def free_reserve(self) -> None:
        """Free the disk space that is reserved for the last status and event."""
        self._reserve.free()

    def end(self, **changes: Any) -> None:
        """End the thread and write the last status, even if the disk is full.

        Without it, the process would look like a killed one.
        """
        self._closing.set()
        self._thread.join()
        self.free_reserve()
        with self._lock:
            self._status = replace(self._status, heartbeat=time.time(), **changes)
            text = encode_status(self._status)
        try:
            replace_text(self._paths.status, text)
        except OSError:
            # No space for a temporary file: overwrite the existing file in its own blocks.
            self._paths.status.write_text(text, encoding="utf-8")

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
                # A full disk or an unavailable network file system need not end the training: try
                # again after the interval.
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
            replace_text(self._paths.status, encode_status(self._status))
