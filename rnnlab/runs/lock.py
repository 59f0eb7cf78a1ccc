"""The lock that a worker holds until it has written its last status.

The launcher takes the lock and passes the open file to the worker that it starts, so a starting run
never looks dead. The kernel frees the lock when the last process with the open file ends, whatever
the reason. Some network file systems have no locks: see `rnnlab.runs.liveness`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from pathlib import Path

from rnnlab.base.errors import BadInputError
from rnnlab.base.regular_files import UnfitFileError, open_regular, read_bytes

LATCH_S = 0.2
"""Seconds for which `take_lock` retries, because `is_locked` of a reader briefly takes the lock."""
ENDING_S = 15.0
"""Seconds to wait for the end of a worker that has written its last status: it waits for the user's
notify command, which is killed after 10 s."""
_UNSUPPORTED = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""Errors of flock on a file system without locks."""


class NoLocksError(BadInputError):
    """The file system of the runs has no locks, so nothing would keep two workers apart."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"the file system of {folder} has no file locks, which keep two workers apart",
            "train in a folder on a local disk: --checkpoints DIR",
        )


def flock(descriptor: int, operation: int, folder: Path) -> None:
    """Lock an open file as `fcntl.flock` does; raise NoLocksError if its file system cannot.

    folder: named in the error.
    """
    try:
        fcntl.flock(descriptor, operation)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            raise NoLocksError(folder) from None
        raise


def take_lock(file: Path, wait_s: float = LATCH_S) -> int | None:
    """Take a run's lock and return its descriptor; None if others hold it for `wait_s` seconds.

    wait_s: 0 for a single attempt. Raise NoLocksError on a file system without locks, OSError if
    the file cannot be opened.
    """
    descriptor = open_regular(file, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, file.parent)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return None
            time.sleep(0.01)
        except BaseException:
            os.close(descriptor)
            raise
        else:
            return descriptor


def is_locked(file: Path) -> bool:
    """Return True if a process is known to hold the lock; takes a shared lock for microseconds."""
    return lock_held(file) is True


def lock_held(file: Path) -> bool | None:
    """Return whether a process holds the lock; None if that cannot be told.

    It cannot on a file system without locks, or if the file cannot be opened now, for example
    because this process has too many open files.
    """
    try:
        descriptor = open_regular(file)
    except (FileNotFoundError, NotADirectoryError, UnfitFileError):
        return False
    except OSError:
        return None
    try:
        flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, file.parent)
    except BlockingIOError:
        return True
    except NoLocksError:
        return None
    finally:
        os.close(descriptor)
    return False


def has_open(pid: int, lock: Path) -> bool:
    """Return True if a process of this host has a lock open, so its id has not been reused.

    The process is about to get a signal, and others may have written its id and made the lock. A
    link to a file of another process is not a lock, and neither is a file that the process only
    reads, as `tail` reads a log. On a system without /proc, return whether the process exists.
    """
    folder = f"/proc/{pid}/fd"
    try:
        wanted = os.lstat(lock)
        if pid <= 0 or not stat.S_ISREG(wanted.st_mode) or wanted.st_nlink != 1:
            return False
        if not os.path.isdir("/proc/self/fd"):
            os.kill(pid, 0)
            return True
        names = os.listdir(folder)
    except OSError:
        return False
    return any(_is_open_at(f"{folder}/{name}", wanted) for name in names)


def is_suspended(pid: int, lock: Path) -> bool:
    """Return True if a signal (SIGSTOP) or a debugger has stopped the process that has a lock open.

    Without /proc, or for a process of another user, return False.
    """
    try:
        text = read_bytes(Path(f"/proc/{pid}/stat"))
        state = text.rpartition(b")")[2].split()[0]  # the name may contain brackets
    except (OSError, IndexError):
        return False
    return state in (b"T", b"t") and has_open(pid, lock)


def _is_open_at(descriptor: str, lock: os.stat_result) -> bool:
    """Return whether a descriptor below /proc is that of a lock, open to be written."""
    try:
        opened, link = os.stat(descriptor), os.lstat(descriptor)
    except OSError:
        return False
    is_written = bool(link.st_mode & stat.S_IWUSR)
    return is_written and (opened.st_dev, opened.st_ino) == (lock.st_dev, lock.st_ino)
