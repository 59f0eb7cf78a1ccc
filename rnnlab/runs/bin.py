"""The bin of a folder of runs: deleted runs, until they are restored or the bin is emptied.

`.bin/` holds one folder for each deleted run, named after the time and the run. A run is moved by
renaming its folder, so it is either complete in one place or complete in the other.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rnnlab.base.errors import RnnlabError, UnknownNameError
from rnnlab.base.files import flush_names, refuse_link, remove_folder
from rnnlab.runs.exclusive import check_no_link, exclusive
from rnnlab.runs.paths import MOST_IN_NAME, RunPaths, bin_folder, is_run_name
from rnnlab.runs.queue import Queue
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore

_STAMP = "%Y%m%dT%H%M%S%f"
_ENTRY = re.compile(r"(\d{8}T\d{12})-(.+)")


class Binned(NamedTuple):
    """A deleted run."""

    stamp: str
    """Time of the deletion; runs that were deleted together have the same."""
    name: str
    root: Path
    """Its folder."""

    @property
    def deleted(self) -> float:
        """Time of the deletion, in seconds since 1970."""
        return datetime.strptime(self.stamp, _STAMP).replace(tzinfo=UTC).timestamp()


class Bin:
    """The deleted runs of a folder of runs; every method reads the folder again."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self.root = bin_folder(store.root)
        """The folder of the bin; it may not exist yet."""

    def entries(self) -> list[Binned]:
        """Return the deleted runs, those deleted last first."""
        try:
            names = [] if self.root.is_symlink() else sorted(os.listdir(self.root))
        except OSError:
            return []
        matches = [match for name in names if (match := _ENTRY.fullmatch(name))]
        entries = [Binned(m[1], m[2], self.root / m[0]) for m in matches if is_run_name(m[2])]
        return sorted(entries, key=lambda entry: entry.stamp, reverse=True)

    def put(self, run: Run, stamp: str = "") -> Binned:
        """Move a run into the bin.

        stamp: result of `new_stamp`, the same for runs that `last` returns together; empty for the
        present time. Raise BadInputError if the run has a worker, is shipped or is a symbolic link,
        RnnlabError if the folder cannot be written.
        """
        with exclusive(run, "deleted"):
            check_no_link(run)
            stamp = stamp or new_stamp()
            entry = Binned(stamp, run.name, self.root / f"{stamp}-{run.name}")
            try:
                self.root.mkdir(exist_ok=True)
                refuse_link(self.root)
                flush_names(self._store.root)  # a power cut must not lose the bin and its runs
                Queue(self._store.root).leave(run.name)
                os.rename(run.paths.root, entry.root)
                flush_names(self.root, self._store.root)  # the run is in one of the two
            except OSError as error:
                raise RnnlabError(
                    f"cannot move {run.paths.root} to the bin: {error.strerror or error}"
                ) from None
        return entry

    def last(self) -> list[Binned]:
        """Return the runs that were deleted last, those deleted together; empty for none."""
        entries = self.entries()
        return [entry for entry in entries if entry.stamp == entries[0].stamp]

    def find(self, name: str) -> Binned:
        """Return the deleted run of that name, the last of several; raise UnknownNameError."""
        for entry in self.entries():
            if entry.name == name:
                return entry
        names = dict.fromkeys(entry.name for entry in self.entries())
        raise UnknownNameError("deleted run", name, names, "" if names else "the bin is empty")

    def restore(self, entry: Binned) -> Run:
        """Move a run back; if another run has its name now, under the next free name.

        A copy of a shipped run comes back under its name, and hides the shipped run as before.
        Raise RnnlabError if the folder cannot be written.
        """
        number, name = 1, entry.name
        while os.path.lexists(self._store.root / name):
            number += 1
            name = f"{entry.name[: MOST_IN_NAME - len(f'-{number}')]}-{number}"
        try:
            os.rename(entry.root, self._store.root / name)
            flush_names(self.root, self._store.root)
        except OSError as error:
            raise RnnlabError(f"cannot restore {entry.name}: {error.strerror or error}") from None
        with contextlib.suppress(OSError):
            self.root.rmdir()  # remove the folder of an empty bin
        return Run(RunPaths(self._store.root / name))

    def empty(self, entries: Iterable[Binned] | None = None) -> int:
        """Delete runs in the bin permanently, by default all; return how many.

        Raise RnnlabError if the folder cannot be written.
        """
        num_deleted = 0
        for entry in self.entries() if entries is None else entries:
            try:
                if entry.root.is_symlink():  # never what it leads to
                    entry.root.unlink()
                else:
                    remove_folder(entry.root)
            except OSError as error:
                raise RnnlabError(
                    f"cannot delete {entry.root}: {error.strerror or error}"
                ) from None
            num_deleted += 1
        with contextlib.suppress(OSError):
            self.root.rmdir()
        return num_deleted


def new_stamp(now: float | None = None) -> str:
    """Return the stamp of a deletion; now: seconds since 1970, by default the present time."""
    return datetime.fromtimestamp(time.time() if now is None else now, UTC).strftime(_STAMP)


def size_bytes(folder: Path) -> int:
    """Return the total size of the files in a folder, in bytes; 0 for a missing folder."""
    total = 0
    for parent, _, files in os.walk(folder):
        for file in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, file)).st_size
    return total
