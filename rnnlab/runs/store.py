"""The folder of runs, by default `./checkpoints`, and the read-only runs shipped with rnnlab."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rnnlab.base.errors import BadInputError, RnnlabError, UnknownNameError
from rnnlab.base.files import flush, flush_names, real_path, remove_folder, replace_text
from rnnlab.base.locations import checkpoints_folder, shipped_runs
from rnnlab.runs._run_folders import folders_below, is_run_folder
from rnnlab.runs.exclusive import check_no_link, exclusive
from rnnlab.runs.liveness import Liveness
from rnnlab.runs.lock import NoLocksError, take_lock
from rnnlab.runs.paths import RunPaths, check_run_name, is_run_name
from rnnlab.runs.queue import Queue
from rnnlab.runs.records import ACTIVE_STATES, Status, encode_status
from rnnlab.runs.run import Run

_DRAFT = ".new-"
"""Beginning of the name of a run's folder before it is complete."""
_DRAFT_S = 3600.0
"""Age in seconds from which a draft belongs to a process that was killed."""


class RunStore:
    """All runs in a folder, and the shipped runs."""

    def __init__(self, root: Path, shipped: Sequence[Path] = ()) -> None:
        self.root = root
        self._liveness = Liveness()
        self._shipped = {real_path(path) for path in shipped}

    @classmethod
    def default(cls, root: Path | None = None) -> RunStore:
        """Return all runs in `checkpoints_folder(root)`, and the shipped runs."""
        return cls(checkpoints_folder(root), shipped_runs())

    def __iter__(self) -> Iterator[Run]:
        """Return an iterator over all runs, sorted by name."""
        folders = {folder: folder for folder in self._shipped if is_run_folder(folder)}
        folders |= folders_below(self.root)
        runs = {
            folder.name: Run(RunPaths(folder), real in self._shipped, self._liveness)
            for folder, real in folders.items()
        }
        return iter([runs[name] for name in sorted(runs)])

    def find(self, name: str) -> Run | None:
        """Return a run without listing the others; None for an unknown name."""
        own = [self.root / name] if is_run_name(name) else []
        for folder in (*own, *(folder for folder in self._shipped if folder.name == name)):
            if is_run_folder(folder):
                return Run(RunPaths(folder), real_path(folder) in self._shipped, self._liveness)
        return None

    def open(self, name: str) -> Run:
        """Return a run; raise UnknownNameError for an unknown name."""
        run = self.find(name)
        if run is None:
            known = [run.name for run in self]
            hint = "" if known else f"there is no run in {self.root} yet"
            raise UnknownNameError("run", name, known, hint)
        return run

    def free_name(self, base: str) -> str:
        """Return the first of `base`, `base-2`, `base-3` ... that is not the name of a run."""
        names = {run.name for run in self}
        number, name = 1, base
        while name in names:
            number += 1
            name = f"{base}-{number}"
        return name

    def is_shipped_name(self, name: str) -> bool:
        """Return True if a shipped run has that name; a user's run of that name would hide it."""
        return any(folder.name == name for folder in self._shipped)

    def create(self, name: str, config_toml: str) -> Run:
        """Create the folder of a new run.

        The folder appears complete, and survives a power failure from then on. Raise BadInputError
        if the name is taken, or the file system has no locks.
        """
        if self.is_shipped_name(name):
            raise BadInputError(f"{name!r} is a run shipped with rnnlab", "choose another name")
        paths = RunPaths(self.root / check_run_name(name))
        try:
            if not self.root.is_dir():
                self.root.mkdir(parents=True, exist_ok=True)
                flush(self.root.parent)
            _drop_old_drafts(self.root)
            draft = self.root / f"{_DRAFT}{secrets.token_hex(4)}"
            draft.mkdir(mode=0o755)
        except OSError as error:
            raise RnnlabError(f"cannot write to {self.root}: {error.strerror or error}") from None
        try:
            _try_lock(RunPaths(draft))
            replace_text(RunPaths(draft).status, encode_status(_newborn()))
            replace_text(RunPaths(draft).config, config_toml, durable=True)
            os.rename(draft, paths.root)
        except (OSError, NoLocksError) as error:
            shutil.rmtree(draft, ignore_errors=True)
            if isinstance(error, NoLocksError):
                raise NoLocksError(self.root) from None
            if paths.root.exists():
                raise BadInputError(
                    f"a run named {name!r} already exists",
                    _way_out(Run(paths, liveness=self._liveness)),
                ) from None
            raise RnnlabError(f"cannot write to {self.root}: {error.strerror or error}") from None
        flush_names(self.root)
        return Run(paths, liveness=self._liveness)

    def remove(self, run: Run) -> None:
        """Delete a run permanently.

        Raise BadInputError if it has a worker, is shipped or is a symbolic link, RnnlabError if its
        folder cannot be written.
        """
        with exclusive(run, "deleted"):
            check_no_link(run)
            try:
                Queue(self.root).leave(run.name)
                remove_folder(run.paths.root)
            except OSError as error:
                raise RnnlabError(
                    f"cannot delete {run.paths.root}: {error.strerror or error}"
                ) from None


def _try_lock(paths: RunPaths) -> None:
    """Raise NoLocksError if a run in this folder could not be locked: its worker needs a lock."""
    lock = take_lock(paths.lock)
    if lock is not None:
        os.close(lock)
    paths.lock.unlink()


def _drop_old_drafts(root: Path) -> None:
    """Delete the drafts of processes that were killed while they created a run."""
    for draft in root.glob(f"{_DRAFT}*"):
        with contextlib.suppress(OSError):
            if time.time() - draft.stat().st_mtime > _DRAFT_S:
                shutil.rmtree(draft)


def _newborn() -> Status:
    now = time.time()
    return Status(state="starting", host=socket.gethostname(), heartbeat=now, created=now)


def _way_out(run: Run) -> str:
    """Return what to do about a run whose name a new run was to have."""
    if not run.exists():
        return "choose another name: a file or folder has this one"
    state = run.status().state
    if state == "paused":
        return f"`rnnlab resume {run.name}` continues it, or choose another name"
    if state in ACTIVE_STATES:
        return f"choose another name, or stop it first with `rnnlab stop {run.name}`"
    if state == "finished":
        return f"choose another name, or delete it with `rnnlab rm {run.name}`"
    return (
        f"`rnnlab resume {run.name}` continues it, `rnnlab rm {run.name}` deletes it, or choose "
        "another name"
    )
