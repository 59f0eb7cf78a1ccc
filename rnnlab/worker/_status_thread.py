"""The worker's second thread: it writes the status, beats the heart and fetches the mail.

The training thread never touches a file of these, so that a slow disk or a long step delays neither
the loop nor the news that the run is alive.
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
"""How often the mailbox is looked at: what a key press waits for at most."""
_STATUS_S = 0.5
"""How often a changed status is written at most."""


class StatusReporter:
    """Keeps `status.json` and the mailbox of one run until it is closed."""

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
        self._thread = threading.Thread(target=self._attend, name="attendant", daemon=True)
        self._write()
        self._thread.start()

    @property
    def status(self) -> Status:
        """The status as it will be written next."""
        return self._status

    def change(self, **changes: Any) -> None:
        """Change fields of the status; it is written soon, at once when the state changes."""
        with self._lock:
            has_new_state = changes.get("state", self._status.state) != self._status.state
            self._status = replace(self._status, **changes)
            self._is_dirty = True
        if has_new_state:
            self._write()

    def post(self, command: Command) -> None:
        """Add a command that came by a signal.

        Nothing here takes a lock that the interrupted thread may hold: a paused worker notices when
        its wait has timed out.
        """
        self._commands.append(command)

    def take(self) -> list[Command]:
        """Return the commands that have come."""
        commands = []
        while self._commands:
            commands.append(self._commands.popleft())
        return commands

    def wait(self) -> None:
        """Block until a command has come."""
        self._arrived.wait(timeout=1.0)
        self._arrived.clear()

    def make_room(self) -> None:
        """Free what was reserved for the last words."""
        self._reserve.free()

    def end(self, **changes: Any) -> None:
        """Write the status for the last time, whatever the disk, and end the thread.

        A process that cannot say why it ends looks as if it had been killed.
        """
        self._closing.set()
        self._thread.join()
        self.make_room()
        with self._lock:
            self._status = replace(self._status, heartbeat=time.time(), **changes)
            text = encode_status(self._status)
        try:
            replace_text(self._paths.status, text)
        except OSError:
            # No room for a second file: the first one's blocks are still there.
            self._paths.status.write_text(text, encoding="utf-8")

    def close(self) -> None:
        """End the thread, if it has not ended."""
        self._closing.set()
        self._thread.join()
        self.make_room()

    def _attend(self) -> None:
        while not self._closing.wait(_MAIL_S):
            try:
                self._do_rounds()
            except OSError as error:
                # A full disk or a network file system that is away: the training may live through
                # it, so try again at the next round.
                sys.stderr.write(f"attendant: {error}\n")

    def _do_rounds(self) -> None:
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
