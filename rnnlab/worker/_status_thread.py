"""The worker's other threads: one writes status and heartbeat, one reads the mailbox.

The training thread does not access these files: a slow disk must not delay the training, and a long
step must not delay the heartbeat. Nor does a mailbox that cannot be read delay the heartbeat.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rnnlab.base.errors import one_line
from rnnlab.runs.held_folder import FolderMovedError, HeldFolder
from rnnlab.runs.liveness import HEARTBEAT_S
from rnnlab.runs.mailbox import UNREADABLE, Command, collect
from rnnlab.runs.memory import free_bytes, held_bytes, oom_kills
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import Status, encode_status
from rnnlab.worker._failure import Reserve
from rnnlab.worker._status_file import write_status

_MAIL_S = 0.2
"""Seconds between two reads of the mailbox: maximum delay between a key press and its effect."""
_STATUS_S = 0.5
"""Minimum number of seconds between two writes of a changed status."""
_MAIL_LIMIT_S = 10.0
"""Seconds after which a mailbox that does not answer is an alarm."""
_LAST_MAIL_S = 1.0
"""Seconds to wait at the end for a mailbox that does not answer."""


class StatusReporter:
    """Writes the `status.json` of a run and reads its mailbox, until the reporter is closed."""

    def __init__(
        self,
        paths: RunPaths,
        status: Status,
        folder: HeldFolder | None = None,
        posted: deque[Command] | None = None,
        mail_limit_s: float = _MAIL_LIMIT_S,
    ) -> None:
        """folder: the folder of the run, held since the worker began; by default, it is opened.

        posted: commands, to which a signal handler may add. That takes no lock, which the
        interrupted thread may hold; so a paused worker sees the command only after the timeout of
        `wait`.

        mail_limit_s: seconds after which a mailbox that does not answer is an alarm.
        """
        self._paths = paths
        self._mail_limit_s = mail_limit_s
        self._mail_read_at = time.monotonic()
        self._folder = HeldFolder(paths) if folder is None else folder
        self._status = replace(status, pid=os.getpid(), host=socket.gethostname())
        self._lock = threading.Lock()
        self._is_dirty = True
        self._has_ended = False
        self._written_at = 0.0
        self._commands: deque[Command] = deque() if posted is None else posted
        self._arrived = threading.Event()
        self._closing = threading.Event()
        self._mail_problem = ""
        self._problems: list[str] = []
        self._moved: FolderMovedError | None = None
        self._early = threading.Lock()
        self._stop_at_once: Callable[[], None] | None = None
        self._reserve = Reserve(paths)
        self._write()
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (("status", self._keep_status), ("mail", self._keep_mail))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def status(self) -> Status:
        """The status, as it will be written next."""
        return self._status

    def change(self, **changes: Any) -> None:
        """Change fields; a new state or stage is written at once, other changes soon.

        If the file cannot be written now, it is written later: the disk must not end the training.
        Raise FolderMovedError if the folder of the run has been moved.
        """
        with self._lock:
            before = self._status
            self._status = replace(self._status, **changes)
            after = self._status
            is_new_stage = after.stage not in ("", before.stage)
            is_urgent = after.state != before.state or is_new_stage
            self._is_dirty = True
        if is_urgent:
            try:
                self._write()
            except OSError as error:
                self._write_later(error)

    def check_folder(self) -> None:
        """Raise FolderMovedError if the folder of the run has been moved."""
        self._folder.check()

    def commands(self) -> list[Command]:
        """Return the pending commands and remove them.

        Raise FolderMovedError if the folder of the run has been moved.
        """
        if self._moved is not None:
            raise self._moved
        commands = []
        while self._commands:
            commands.append(self._commands.popleft())
        return commands

    def problems(self) -> list[str]:
        """Return the problems of the mailbox since the last call, one line each."""
        problems = []
        while self._problems:
            problems.append(self._problems.pop(0))
        return problems

    def wait(self) -> None:
        """Block until the mailbox has brought a command, for at most 1 s."""
        self._arrived.wait(timeout=1.0)
        self._arrived.clear()

    def stop_at_once(self, end: Callable[[], None] | None) -> None:
        """Set what a stop command does at once, while the training thread cannot read commands.

        end: called in another thread; ends the process. None: the training thread reads commands.
        """
        with self._early:
            self._stop_at_once = end

    def free_reserve(self) -> None:
        """Free the disk space that is reserved for the final status and event."""
        try:
            self._folder.check()
        except FolderMovedError:
            self._folder.unlink(self._paths.reserve.name)
        else:
            self._reserve.free()

    def end(self, **changes: Any) -> None:
        """End the threads and write the final status, even if the disk is full.

        Without a final status, other processes would assume that the worker was killed, also after
        a power failure. Commands that have come too late are dropped.
        """
        self._join()
        self.free_reserve()
        with self._lock:
            if self._has_ended:
                return
            self._has_ended = True
            self._status = replace(self._status, heartbeat=time.time(), stage="", **changes)
            text = encode_status(self._status)
        try:
            self._folder.check()
        except FolderMovedError:
            with contextlib.suppress(OSError):  # the folder is deleted
                self._folder.replace_text(self._paths.status.name, text)
            return
        write_status(self._paths.status, text, durable=True)
        with contextlib.suppress(OSError):
            collect(self._paths.mailbox)

    def close(self) -> None:
        """End the threads, if they are still running."""
        self._join()
        self.free_reserve()

    def _join(self) -> None:
        self._closing.set()
        status, mail = self._threads
        if status is not threading.current_thread():
            status.join()
        if mail is not threading.current_thread():
            mail.join(_LAST_MAIL_S)

    def _keep_status(self) -> None:
        while not self._closing.wait(_MAIL_S):
            try:
                self._folder.check()
                if time.monotonic() - self._mail_read_at > self._mail_limit_s:
                    self._note_mail_problem("no answer")
                age_s = time.monotonic() - self._written_at
                if age_s > HEARTBEAT_S or (self._is_dirty and age_s > _STATUS_S):
                    self._write()
            except FolderMovedError as error:
                self._moved = error
                self._arrived.set()
                return
            except OSError as error:
                self._write_later(error)

    def _keep_mail(self) -> None:
        while not self._closing.wait(_MAIL_S):
            try:
                self._read_mail()
            except FolderMovedError:
                return  # the other thread reports it
            with self._early:
                # A copy, because a signal may add a command meanwhile.
                is_stop = any(command.action == "stop" for command in self._commands.copy())
                if is_stop and self._stop_at_once is not None:
                    self._stop_at_once()

    def _read_mail(self) -> None:
        """Read the mailbox; an error is noted, and does not end the thread."""
        self._folder.check()
        try:
            commands = collect(self._paths.mailbox)
        except OSError as error:
            reason = error.strerror or str(error)
        else:
            reason = ""
            if commands:
                self._commands.extend(commands)
                self._arrived.set()
        self._mail_read_at = time.monotonic()
        self._note_mail_problem(reason)

    def _note_mail_problem(self, reason: str) -> None:
        """Make a new problem of the mailbox an alarm and a note; "": it can be read."""
        problem = reason and one_line(
            f"{UNREADABLE} ({reason}), so it gets no commands; "
            f"`rnnlab stop {self._paths.name}` still stops it"
        )
        if problem != self._mail_problem:
            self._mail_problem, self._is_dirty = problem, True
            if problem:
                self._problems.append(problem)

    def _write(self) -> None:
        with self._lock:
            if self._has_ended:
                return
            self._folder.check()
            self._status = replace(
                self._status,
                heartbeat=time.time(),
                held_bytes=held_bytes(),
                free_bytes=free_bytes(),
                oom_kills=oom_kills(),
            )
            self._is_dirty = False
            self._written_at = time.monotonic()
            alarm = "; ".join(filter(None, (self._status.alarm, self._mail_problem)))
            write_status(self._paths.status, encode_status(replace(self._status, alarm=alarm)))

    def _write_later(self, error: OSError) -> None:
        """Have the status thread try again; the log gets the error.

        A full disk or an unavailable network file system must not end the training.
        """
        self._is_dirty = True
        with contextlib.suppress(OSError):  # the log is on the same disk
            sys.stderr.write(f"status: {error}\n")
