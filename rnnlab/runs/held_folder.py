"""The folder of a run, held open by its worker: it is known again even if another has its path.

A user may rename the folder of a run that trains, and start a new run of the same name. The old
worker must then neither write into the new folder nor read its mail.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.paths import RunPaths

_Identity = tuple[int, int]


class FolderMovedError(RnnlabError):
    """The path of a run leads to another folder than at the start of its worker, or to none."""


class HeldFolder:
    """An open folder of a run, and with it the lock that its worker holds."""

    def __init__(self, paths: RunPaths, lock: int | None = None) -> None:
        """Open the folder at the path of a run.

        lock: descriptor of the run's lock, which must be the one in this folder: the folder may
        have been replaced since the lock was taken. Raise FolderMovedError if it is not, OSError if
        the folder cannot be opened.
        """
        self._paths = paths
        self._lock = None if lock is None else _identity(os.fstat(lock))
        self._descriptor = os.open(paths.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._folder = _identity(os.fstat(self._descriptor))
        try:
            self.check()
        except FolderMovedError:
            self.close()
            raise

    def check(self) -> None:
        """Raise FolderMovedError unless the path still leads to this folder and this lock.

        Takes one system call. If the file system does not answer, do nothing.
        """
        if self._lock is None:
            is_same = self._leads_to(self._paths.root, self._folder)
        else:
            is_same = self._leads_to(self._paths.lock, self._lock)
        if not is_same:
            raise FolderMovedError(*self._why())

    def replace_text(self, name: str, text: str) -> None:
        """Replace a file of this folder, wherever the folder is now; raise OSError.

        Do nothing if another worker may have this folder, because it has a new lock.
        """
        if self._has_new_lock():
            return
        temporary = f".{name}.{secrets.token_hex(4)}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o644, dir_fd=self._descriptor)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(temporary, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        except BaseException:
            self.unlink(temporary)
            raise

    def unlink(self, name: str) -> None:
        """Remove a file of this folder, wherever the folder is now, if it can be removed."""
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=self._descriptor)

    def close(self) -> None:
        """Close the folder; it cannot be used any more."""
        os.close(self._descriptor)

    def _leads_to(self, path: Path, wanted: _Identity) -> bool:
        try:
            return _identity(os.stat(path)) == wanted
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True  # not an answer

    def _has_new_lock(self) -> bool:
        try:
            present = _identity(os.stat(self._paths.lock.name, dir_fd=self._descriptor))
        except OSError:
            return False
        return self._lock is not None and present != self._lock

    def _why(self) -> tuple[str, str]:
        """Return what has happened to the folder, and what the user can do."""
        name = self._paths.name
        if self._leads_to(self._paths.root, self._folder):
            return "its lock was deleted", f"`rnnlab resume {name}` continues the run"
        if os.fstat(self._descriptor).st_nlink == 0:
            return "its folder was deleted", ""
        place = self._place()
        if place is None:
            return "its folder was moved", "resume the run under its new name"
        if place.parent == Path(os.path.realpath(self._paths.root.parent)):
            new = place.name
            return (
                f"its folder was moved: the run is now {new!r}",
                f"`rnnlab resume {new}` continues it",
            )
        return f"its folder was moved to {place}", "move it back to resume the run"

    def _place(self) -> Path | None:
        """Return the present path of this folder; None if the system does not tell."""
        try:
            return Path(os.readlink(f"/proc/self/fd/{self._descriptor}"))
        except OSError:
            return None


def _identity(stat: os.stat_result) -> _Identity:
    return stat.st_dev, stat.st_ino
