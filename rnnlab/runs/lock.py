"""The lock that a worker holds until its last word is written, and what follows from it.

The launcher takes the lock and hands the open file to the worker it starts, so that there is no
moment in which a living run looks dead. The kernel frees it when the last process holding the file
ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from pathlib import Path

from rnnlab.runs.records import ACTIVE_STATES, State, Status

HEARTBEAT_S = 2.0
"""How often a worker writes its status."""
STALE_S = 8.0
"""A worker on another host that was silent for so long counts as dead: four heartbeats are missed,
and with a reader's own interval it is known within ten seconds."""
LATCH_S = 0.2
"""A reader's glance holds the lock for microseconds: wait so long before calling it taken."""
ENDING_S = 5.0
"""A worker that has said its last word needs a moment to end: wait so long for it."""


def take_lock(file: Path, wait_s: float = LATCH_S) -> int | None:
    """Take a run's lock and return its open descriptor, or None when a worker keeps it."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
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
    """Tell whether a process holds the lock, without taking it from anyone."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
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
    """Return the state that really holds: a run whose worker is gone is lost, whatever it said.

    now: seconds since the epoch; by default, the system's clock.
    """
    if status.state not in ACTIVE_STATES:
        return status.state
    if status.host == socket.gethostname():
        return status.state if is_locked(lock) else "lost"
    silent_s = (time.time() if now is None else now) - status.heartbeat
    return "lost" if silent_s > STALE_S else status.state
