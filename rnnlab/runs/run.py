"""One run on disk: its status, its settings, whether its worker lives."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rnnlab.base.parsing import parse_json, parse_toml
from rnnlab.base.regular_files import UnfitFileError, read_bytes, read_text, why_unfit
from rnnlab.runs._run_folders import is_run_folder
from rnnlab.runs.exit_reason import why_lost
from rnnlab.runs.liveness import Liveness
from rnnlab.runs.lock import lock_held
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import ACTIVE_STATES, State, Status, decode_status, status_problem


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
        """Return the worker's last status; with state "lost" and a reason if the worker is gone.

        A run without a worker whose settings are not a regular file is lost, too.
        """
        status, state = self._read_status()
        if status is None:
            return self._without_status()
        if state not in ACTIVE_STATES and (damage := self._damage()):
            return Status(**{**vars(status), "state": "lost", "reason": damage})
        if state == status.state:
            return status
        reason = why_lost(status, self.name, self.paths.root)
        return Status(**{**vars(status), "state": state, "reason": reason})

    def _without_status(self) -> Status:
        """Return the status of a run whose file is unreadable, from the other files.

        The file is not flushed at every heartbeat, so a power failure may leave it empty. If a
        worker holds the lock, the run is not lost.
        """
        problem = f"its status.json {self._why_unreadable()}"
        try:
            created = self.paths.config.stat().st_mtime
        except OSError:
            created = 0.0
        step = self.paths.read_pointer("last") or 0
        if lock_held(self.paths.lock):
            return Status(state="running", created=created, step=step, alarm=problem)
        reason = f"{problem}; `rnnlab resume {self.name}` continues the run"
        return Status(state="lost", created=created, step=step, reason=reason)

    def _damage(self) -> str:
        """Return what is wrong with the kind of the file of settings; "" if nothing is."""
        try:
            problem = why_unfit(self.paths.config)
        except OSError:
            return ""
        return problem and f"its {self.paths.config.name} is {problem}: restore it from a copy"

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
        """Return what is wrong with the file of the status, as a predicate."""
        try:
            return status_problem(read_bytes(self.paths.status)) or "is unreadable"
        except UnfitFileError as error:
            return f"is {error.strerror}: delete it"
        except OSError:
            return "is missing or unreadable"

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
