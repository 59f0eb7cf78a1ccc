"""The folder of runs: `./checkpoints` and, read only, the runs shipped with the project."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import time
import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnlab.base.errors import BadInputError, RnnlabError, UnknownNameError
from rnnlab.base.files import replace_text
from rnnlab.base.locations import checkpoints_folder, shipped_runs
from rnnlab.runs.exit_reason import why_lost
from rnnlab.runs.lock import ENDING_S, take_lock, true_state
from rnnlab.runs.paths import RunPaths, check_run_name, is_run_name
from rnnlab.runs.queue import Queue
from rnnlab.runs.records import ACTIVE_STATES, State, Status, decode_status, encode_status


@dataclass(frozen=True)
class Run:
    """One run on disk; every method reads afresh."""

    paths: RunPaths
    is_shipped: bool = False
    """Whether it came with the project and must not be changed."""

    @property
    def name(self) -> str:
        """The run's name."""
        return self.paths.name

    def status(self) -> Status:
        """Return what the worker last said, with the state that really holds."""
        said, state = self._look()
        if said is None:
            return Status(state="lost", reason="its status.json is missing or unreadable")
        if state == said.state:
            return said
        return Status(**{**vars(said), "state": state, "reason": why_lost(said, self.name)})

    def _look(self) -> tuple[Status | None, State]:
        """Return the worker's last word and the state that really holds."""
        state: State = "lost"
        said = None
        for _ in range(2):
            try:
                said = decode_status(self.paths.status.read_bytes())
            except OSError:
                said = None
            state = "lost" if said is None else true_state(said, self.paths.lock)
            if state != "lost":
                break
            # It may have ended just now, between the two looks: its last word was written before
            # its lock was freed, so a second look tells.
        return said, state

    def settings(self, only: Collection[str] = ()) -> dict[str, Any]:
        """Return the run's settings as they stand in config.toml; empty when unreadable.

        only: those that are wanted, each of which has a line of its own. Without the others it
        takes a sixth of the time, and a table has the settings of hundreds of runs.
        """
        try:
            text = self.paths.config.read_text(encoding="utf-8")
            if only:
                lines = text.splitlines()
                text = "\n".join(line for line in lines if line.partition("=")[0].strip() in only)
            return tomllib.loads(text)
        except (OSError, ValueError):
            return {}

    def published(self) -> dict[str, float]:
        """Return the losses that were published of the same experiment, by what they are of."""
        try:
            found = json.loads(self.paths.published.read_bytes())
        except (OSError, ValueError):
            return {}
        losses = found.items() if isinstance(found, dict) else ()
        return {name: float(loss) for name, loss in losses if isinstance(loss, int | float)}

    def is_alive(self) -> bool:
        """Tell whether a worker is at work on it."""
        return self.status().state in ACTIVE_STATES


class RunStore:
    """All runs that a user can see."""

    def __init__(self, root: Path, shipped: Sequence[Path] = ()) -> None:
        self.root = root
        self._shipped = {path.resolve() for path in shipped}

    @classmethod
    def default(cls, root: Path | None = None) -> RunStore:
        """Return the runs of `root`, RNNLAB_CHECKPOINTS or ./checkpoints, and the shipped ones."""
        return cls(checkpoints_folder(root), shipped_runs())

    def __iter__(self) -> Iterator[Run]:
        """Give every run, by name."""
        folders = {folder: folder for folder in self._shipped} | _folders_below(self.root)
        runs = {
            folder.name: Run(RunPaths(folder), real in self._shipped)
            for folder, real in folders.items()
            if _is_run(folder)
        }
        return iter([runs[name] for name in sorted(runs)])

    def open(self, name: str) -> Run:
        """Return a run; raises UnknownNameError when there is none of that name."""
        own = [self.root / name] if is_run_name(name) else []
        for folder in (*own, *(folder for folder in self._shipped if folder.name == name)):
            if _is_run(folder):
                return Run(RunPaths(folder), folder.resolve() in self._shipped)
        hint = "" if any(True for _ in self) else f"there is no run in {self.root} yet"
        raise UnknownNameError("run", name, [run.name for run in self], hint)

    def free_name(self, wish: str) -> str:
        """Return `wish`, or `wish-2`, `wish-3`..., the first that no run has."""
        taken = {run.name for run in self}
        number, name = 1, wish
        while name in taken:
            number += 1
            name = f"{wish}-{number}"
        return name

    def is_shipped_name(self, name: str) -> bool:
        """Tell whether a run that is shipped has that name: one of the user's would hide it."""
        return any(folder.name == name for folder in self._shipped)

    def create(self, name: str, config_toml: str) -> Run:
        """Make a new run's folder, whole or not at all; raises BadInputError when it exists."""
        if self.is_shipped_name(name):
            raise BadInputError(f"{name!r} is a run shipped with rnnlab", "choose another name")
        paths = RunPaths(self.root / check_run_name(name))
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=".new-", dir=self.root))
        except OSError as error:
            raise RnnlabError(f"cannot write to {self.root}: {error.strerror}") from None
        try:
            draft.chmod(0o755)
            replace_text(RunPaths(draft).config, config_toml)
            replace_text(RunPaths(draft).status, encode_status(_newborn()))
            os.rename(draft, paths.root)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            if paths.root.exists():
                raise BadInputError(
                    f"a run named {name!r} is there already",
                    f"choose another, or `rnnlab rm {name}`",
                ) from None
            raise RnnlabError(f"cannot write to {self.root}: {error.strerror}") from None
        return Run(paths)

    def remove(self, run: Run) -> None:
        """Delete a run for good; raises BadInputError while it trains or when it is shipped."""
        if run.is_shipped:
            raise BadInputError(f"{run.name!r} is shipped with rnnlab", "it stays")
        lock = None if run.is_alive() else take_lock(run.paths.lock, ENDING_S)
        if lock is None:
            raise BadInputError(f"{run.name!r} is training", f"`rnnlab stop {run.name}` first")
        try:
            Queue(self.root).leave(run.name)
            shutil.rmtree(run.paths.root)
        except OSError as error:
            raise RnnlabError(f"cannot delete {run.paths.root}: {error.strerror}") from None
        finally:
            os.close(lock)


def _is_run(folder: Path) -> bool:
    try:
        return RunPaths(folder).config.is_file()
    except OSError:
        return False  # somebody else's folder, closed to us


def _folders_below(root: Path) -> dict[Path, Path]:
    """Return what may be a run, each with where it really lies; to ask for that is what costs."""
    try:
        real = root.resolve()
        with os.scandir(root) as entries:
            return {
                root / entry.name: (
                    (root / entry.name).resolve() if entry.is_symlink() else real / entry.name
                )
                for entry in entries
                if is_run_name(entry.name)
            }
    except OSError:
        return {}


def _newborn() -> Status:
    now = time.time()
    return Status(state="starting", host=socket.gethostname(), heartbeat=now, created=now)
