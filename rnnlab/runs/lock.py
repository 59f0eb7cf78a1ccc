"""The lock that a worker holds until it has written its last status, and the state derived from it.

The launcher takes the lock and passes the open file to the worker that it starts, so a starting run
never looks dead. The kernel frees the lock when the last process with the open file ends, whatever
the reason.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from pathlib import Path

from rnnlab.base.regular_files import open_regular
from rnnlab.runs.records import ACTIVE_STATES, State, Status

HEARTBEAT_S = 2.0
"""Interval in seconds at which a worker writes its status."""
STALE_S = 8.0
"""Seconds without a heartbeat after which a worker on another host counts as dead: four missed
heartbeats. Readers then notice within ten seconds."""
LATCH_S = 0.2
"""Seconds for which `take_lock` retries, because `is_locked` of a reader briefly takes the lock."""
ENDING_S = 5.0
"""Seconds to wait for the end of a worker that has written its last status."""


def take_lock(file: Path, wait_s: float = LATCH_S) -> int | None:
    """Take a run's lock and return its descriptor; None if others hold it for `wait_s` seconds."""
    descriptor = open_regular(file, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                return None
            time.sleep(0.01)
        else:
            return descriptor


def is_locked(file: Path) -> bool:
    """Return True if a process holds the lock; takes a shared lock for microseconds."""
    try:
        descriptor = open_regular(file)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def true_state(status: Status, lock: Path, now: float | None = None) -> State:
    """Return the state of a run; "lost" if its status is active but its worker is gone.

    now: seconds since 1970; None reads the system's clock.
    """
    if status.state not in ACTIVE_STATES:
        return status.state
    if status.host == socket.gethostname():
        return status.state if is_locked(lock) else "lost"
    age_s = (time.time() if now is None else now) - status.heartbeat
    return "lost" if age_s > STALE_S else status.state
