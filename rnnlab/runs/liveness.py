"""Whether the worker of a run is alive and responds, from its lock and its heartbeats.

A held lock proves that a worker is alive. A free lock proves that it is dead, but only on the
worker's own host and on a file system with locks. In all other cases the heartbeat decides: a
worker is alive as long as its heartbeat changes while a reader observes it. The clocks of two hosts
are never compared.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rnnlab.runs.lock import is_suspended, lock_held
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import ACTIVE_STATES, State, Status

HEARTBEAT_S = 2.0
"""Interval in seconds at which a worker writes its status."""
STALE_S = 8.0
"""Seconds without a new heartbeat after which a worker without a visible lock counts as dead: four
missed heartbeats. Readers then notice within ten seconds."""
SILENT_S = 9.0
"""Seconds without a new heartbeat after which a worker that holds its lock does not respond:
readers look twice per second, and show it within ten seconds."""
_LOOK_S = 0.25
"""Seconds between two looks at the heartbeat of a run that is to be resumed."""


@dataclass(frozen=True)
class _Seen:
    """The last heartbeat that an observer has seen."""

    heartbeat: float
    since: float
    """Time at which it was seen first, in monotonic seconds of the observer."""
    has_changed: bool
    """Whether the observer has seen another heartbeat of this run before."""


class Liveness:
    """An observer of workers, which remembers their heartbeats; one for all runs of a reader."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """clock: monotonic seconds; now: seconds since 1970 on this host; sleep: waits seconds."""
        self._clock, self._now, self._sleep = clock, now, sleep
        self._seen: dict[Path, _Seen] = {}
        self._offsets: dict[int, float] = {}
        """Device -> clock of its file server minus `clock`."""

    def state(self, status: Status, paths: RunPaths) -> State:
        """Return the state of a run; "lost" if its status is active but its worker is dead."""
        if status.state not in ACTIVE_STATES:
            return status.state
        seen, held = self._look(status, paths), lock_held(paths.lock)
        if held or (held is False and is_here(status)):
            return status.state if held else "lost"
        unchanged_s = self._clock() - seen.since
        if not seen.has_changed and unchanged_s <= STALE_S:
            # Nothing has been observed yet: the age of the file, by the clock of its file server.
            unchanged_s = max(unchanged_s, self._age_s(paths.status))
        return "lost" if unchanged_s > STALE_S else status.state

    def silent_s(self, status: Status, paths: RunPaths) -> float | None:
        """Return the seconds for which an active worker has not responded; None if it responds.

        A process of this host that a signal has stopped does not respond, however short its stop.

        status: the result of `state`, so its worker is alive.
        """
        if status.state not in ACTIVE_STATES or not status.heartbeat:
            return None  # without a heartbeat, nothing is missed
        seen = self._look(status, paths)
        silent_s = self._clock() - seen.since
        if not seen.has_changed and is_here(status):
            silent_s = max(silent_s, self._now() - status.heartbeat)
        if silent_s > SILENT_S or (is_here(status) and is_suspended(status.pid, paths.lock)):
            return max(silent_s, 0.0)
        return None

    def observe_death(self, read: Callable[[], Status | None], paths: RunPaths) -> bool:
        """Observe a run whose lock proves nothing; return False as soon as it shows a sign of life.

        read: returns the present status. True after STALE_S seconds without a new heartbeat.
        """
        first = read()
        while True:
            status = read()
            if status is None or status.state not in ACTIVE_STATES:
                return True
            if first is None or status.heartbeat != first.heartbeat:
                return False
            if self._clock() - self._look(status, paths).since > STALE_S:
                return True
            self._sleep(_LOOK_S)

    def _look(self, status: Status, paths: RunPaths) -> _Seen:
        """Return since when a run has its present heartbeat."""
        seen = self._seen.get(paths.root)
        if seen is None or seen.heartbeat != status.heartbeat:
            seen = _Seen(status.heartbeat, self._clock(), has_changed=seen is not None)
            self._seen[paths.root] = seen
        return seen

    def _age_s(self, file: Path) -> float:
        """Return the seconds since a file was written, 0 if unknown."""
        try:
            stat = file.stat()
            return self._server_time(stat.st_dev, file.parent.parent) - stat.st_mtime
        except OSError:
            return 0.0

    def _server_time(self, device: int, folder: Path) -> float:
        """Return the time of a file server, by the time of a new file.

        In a folder that cannot be written, the time of this host.
        """
        if device not in self._offsets:
            try:
                with tempfile.TemporaryFile(dir=folder) as probe:
                    self._offsets[device] = os.fstat(probe.fileno()).st_mtime - self._clock()
            except OSError:
                return self._now()
        return self._offsets[device] + self._clock()


def is_here(status: Status) -> bool:
    """Return True if the worker of a run is, or was, on this host."""
    return status.host == socket.gethostname()
