"""The folder of runs, by default `./checkpoints`, and the read-only runs shipped with rnnlab."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shlex
import shutil
import socket
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.base.errors import BadInputError, RnnlabError, UnknownNameError
from rnnlab.base.files import flush, real_path, remove_folder, replace_text
from rnnlab.base.locations import checkpoints_folder, shipped_runs
from rnnlab.base.parsing import parse_json, parse_toml
from rnnlab.base.regular_files import UnfitFileError, read_bytes, read_text
from rnnlab.runs._run_folders import folders_below, is_run_folder
from rnnlab.runs.exit_reason import why_lost
from rnnlab.runs.liveness import Liveness
from rnnlab.runs.lock import ENDING_S, NoLocksError, take_lock
from rnnlab.runs.paths import RunPaths, check_run_name, is_run_name
from rnnlab.runs.queue import Queue
from rnnlab.runs.records import ACTIVE_STATES, State, Status, decode_status, encode_status

_DRAFT = ".new-"
"""Beginning of the name of a run's folder before it is complete."""
_DRAFT_S = 3600.0
"""Age in seconds from which a draft belongs to a process that was killed."""


class Family(NamedTuple):
    """Settings with a seed; runs with equal settings and other seeds are of the same family."""

    settings: str
    """Digest of all settings but the seed."""
    seed: str


@dataclass(frozen=True)
class Run:
    """One run on disk; every method reads the files again."""

    paths: RunPaths
    is_shipped: bool = False
    """Whether the run is shipped with rnnlab and must not be changed."""
    liveness: Liveness = field(default_factory=Liveness, compare=False, repr=False)
    """Observer of the worker; a store has one for all its runs."""

    @property
    def name(self) -> str:
        """The run's name, which is the name of its folder."""
        return self.paths.name

    def status(self) -> Status:
        """Return the worker's last status; with state "lost" and a reason if the worker is gone."""
        status, state = self._read_status()
        if status is None:
            return self._without_status()
        if state == status.state:
            return status
        reason = why_lost(status, self.name, self.paths.root)
        return Status(**{**vars(status), "state": state, "reason": reason})

    def _without_status(self) -> Status:
        """Return the status of a run whose file is unreadable, from the other files.

        The file is not flushed at every heartbeat, so a power failure may leave it empty.
        """
        try:
            created = self.paths.config.stat().st_mtime
        except OSError:
            created = 0.0
        return Status(
            state="lost",
            created=created,
            step=self.paths.read_pointer("last") or 0,
            reason=(
                f"its status.json is {self._why_unreadable()}; "
                f"`rnnlab resume {self.name}` continues the run"
            ),
        )

    def exists(self) -> bool:
        """Return whether the folder still holds a run: it may have been deleted or renamed."""
        return is_run_folder(self.paths.root)

    def silent_s(self, status: Status) -> float | None:
        """Return for how many seconds the worker has not responded; None if it responds.

        status: the result of `status`. A worker is silent if it lives, but is stopped or hangs.
        """
        return self.liveness.silent_s(status, self.paths)

    def observe_death(self) -> bool:
        """Observe a run whose worker was on another host; return False at a sign of life.

        This takes some seconds: the clock of another host says nothing about its last heartbeat.
        """
        return self.liveness.observe_death(lambda: self._read_status()[0], self.paths)

    def _why_unreadable(self) -> str:
        try:
            read_bytes(self.paths.status)
        except UnfitFileError as error:
            return f"{error.strerror}: delete it"
        except OSError:
            pass
        return "missing or unreadable"

    def _read_status(self) -> tuple[Status | None, State]:
        """Return the worker's last status (None if unreadable), and the true state."""
        state: State = "lost"
        status = None
        for _ in range(2):
            try:
                status = decode_status(read_bytes(self.paths.status))
            except OSError:
                status = None
            state = "lost" if status is None else self.liveness.state(status, self.paths)
            if state != "lost":
                break
            # The worker may have ended between the reads of status and lock. It writes its last
            # status before it frees the lock, so a second read of the status is correct.
        return status, state

    def settings(self, only: Collection[str] = ()) -> dict[str, Any]:
        """Return the run's settings from config.toml; empty if it is unreadable.

        only: names of the settings to parse, each of which must fit on one line. This takes a sixth
        of the time, which matters for a table of hundreds of runs.
        """
        try:
            text = read_text(self.paths.config)
            if only:
                lines = text.splitlines()
                text = "\n".join(line for line in lines if line.partition("=")[0].strip() in only)
            return parse_toml(text)
        except (OSError, ValueError):
            return {}

    def family(self) -> Family | None:
        """Return the run's settings and its seed; None if they are unreadable."""
        settings = self.settings()
        if not settings:
            return None
        seed = settings.pop("seed", None)
        digest = hashlib.sha256(repr(sorted(settings.items())).encode()).hexdigest()[:16]
        return Family(digest, repr(seed))

    def published(self) -> dict[str, float]:
        """Return the published losses of the same experiment, by split."""
        try:
            values = parse_json(read_bytes(self.paths.published))
        except (OSError, ValueError):
            return {}
        losses = values.items() if isinstance(values, dict) else ()
        return {name: float(loss) for name, loss in losses if isinstance(loss, int | float)}

    def is_alive(self) -> bool:
        """Return True if the run has a worker, training, paused or queued."""
        return self.status().state in ACTIVE_STATES


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
                    f"choose another name, or delete it with `rnnlab rm {name}`",
                ) from None
            raise RnnlabError(f"cannot write to {self.root}: {error.strerror or error}") from None
        with contextlib.suppress(OSError):  # a folder that may be written, but not read
            flush(self.root)
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


def check_own(run: Run, change: str) -> None:
    """Raise BadInputError if a run is shipped; change: a participle, such as "deleted"."""
    if run.is_shipped:
        raise BadInputError(
            f"{run.name!r} is shipped with rnnlab and cannot be {change}", "choose another run"
        )


def check_no_link(run: Run) -> None:
    """Raise BadInputError if a run is a symbolic link: its folder may belong to other runs."""
    root = run.paths.root
    if root.is_symlink():
        raise BadInputError(
            f"{run.name!r} is a symbolic link to {real_path(root)}",
            f"delete the link with `unlink {shlex.quote(str(root))}`",
        )


def cannot_lock(run: Run, error: OSError) -> RnnlabError:
    """Return the error for a run whose lock cannot be taken."""
    if isinstance(error, UnfitFileError):
        return RnnlabError(f"{error.filename} is {error.strerror}", "delete it")
    return RnnlabError(f"cannot write to {run.paths.root}: {error.strerror or error}")


@contextlib.contextmanager
def exclusive(run: Run, change: str) -> Iterator[None]:
    """Hold the lock of a run that has no worker: none can start during the block.

    change: what happens to the run, as a participle. Raise BadInputError if the run has a worker or
    is shipped, RnnlabError if its folder cannot be written.
    """
    check_own(run, change)
    try:
        lock = None if run.is_alive() else take_lock(run.paths.lock, ENDING_S)
    except OSError as error:
        raise cannot_lock(run, error) from None
    if lock is None:
        state = run.status().state
        what = "training" if state not in ("queued", "paused") else state
        raise BadInputError(
            f"{run.name!r} is {what}", f"stop it first with `rnnlab stop {run.name}`"
        )
    try:
        yield
    finally:
        os.close(lock)


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
