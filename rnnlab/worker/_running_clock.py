"""A clock that stands still while a signal has stopped the process: nothing is trained then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_BEAT_S = 0.25
"""Seconds between two beats."""
_LIMIT_S = 2.0
"""Seconds for which the clock runs after a beat; a busy machine delays the next one by less."""


class RunningClock:
    """Seconds from any origin, at most `limit_s` of them from one beat to the next.

    The beats come from a thread of this process, which a signal stops with all others.
    """

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, limit_s: float = _LIMIT_S
    ) -> None:
        """clock: returns seconds, from any origin."""
        self._clock, self._limit_s = clock, limit_s
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._beat_at, self._stopped_s = clock(), 0.0

    def __call__(self) -> float:
        """Return the seconds without those in which the process was stopped."""
        with self._lock:
            return min(self._clock(), self._beat_at + self._limit_s) - self._stopped_s

    def beat(self) -> None:
        """Let the clock run on; the seconds beyond the limit since the last beat do not count."""
        with self._lock:
            now = self._clock()
            self._stopped_s += max(0.0, now - self._beat_at - self._limit_s)
            self._beat_at = now

    def start(self) -> RunningClock:
        """Start the thread of the beats, and return this clock."""
        threading.Thread(target=self._keep_beating, name="clock", daemon=True).start()
        return self

    def close(self) -> None:
        """End the thread of the beats."""
        self._closing.set()

    def _keep_beating(self) -> None:
        while not self._closing.wait(_BEAT_S):
            self.beat()
