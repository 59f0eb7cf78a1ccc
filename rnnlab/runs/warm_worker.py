"""A worker that is started before its run exists: it loads torch while the settings are checked."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from typing import Self

MAX_PATH_BYTES = 1 << 16
"""Maximum size of the message that names the run: the path of its folder."""


@dataclass(frozen=True)
class WarmWorker:
    """A child process without a run, and the socket on which it waits for one."""

    process: subprocess.Popen[bytes]
    channel: socket.socket

    @classmethod
    def start(cls, command: list[str], environment: dict[str, str]) -> Self | None:
        """Return a worker in a session of its own; None if it cannot be started.

        command: command line without the last argument, which becomes the worker's end of the
        socket. What the worker prints before it has a run is kept for the log of the run.
        """
        try:
            ours, theirs = socket.socketpair()
            with theirs, tempfile.TemporaryFile() as output:
                process = subprocess.Popen(
                    [*command, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=(theirs.fileno(),),
                    env=environment,
                )
        except OSError:
            return None
        return cls(process, ours)

    def take(self, run: str, log: int, lock: int) -> bool:
        """Give the worker a run; return False if the worker has ended.

        run: path of the run's folder. log, lock: descriptors of the log, which the worker appends
        to, and of the run's lock, which the worker holds from now on.
        """
        try:
            with self.channel:
                socket.send_fds(self.channel, [os.fsencode(run)], [log, lock])
        except OSError:
            self.dismiss()
            return False
        return True

    def dismiss(self) -> None:
        """End a worker that has no run."""
        self.channel.close()
        self.process.kill()
        self.process.wait()


def receive_run(channel: int) -> tuple[str, int] | None:
    """Wait for a run in a warm worker; return its path and the descriptor of its lock.

    channel: descriptor of the worker's end of the socket. From now on, the worker writes to the
    log of the run. None if the launcher ended without a run.
    """
    with socket.socket(fileno=channel) as waiting:
        message, descriptors, *_ = socket.recv_fds(waiting, MAX_PATH_BYTES, 2)
    if not message:
        return None
    log, lock = descriptors
    with contextlib.suppress(OSError):  # a full disk
        os.write(log, os.pread(1, os.fstat(1).st_size, 0))
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    return os.fsdecode(message), lock
