"""Whether a process with which the app talks still answers: pings, one a second.

A thread of the process answers pings, also during a long answer. A process that is stopped, or
whose threads wait for each other, does not.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PulseLimits:
    """When a process counts as hung.

    The limits are numbers of pings, not times: if the app itself does not run for a while, none is
    missed.
    """

    ping_s: float = 1.0
    """Seconds between two pings."""
    most_missed: int = 10
    """Number of unanswered pings after which an idle process counts as hung."""
    most_missed_urgent: int = 4
    """The same after a question was cancelled: a user waits."""
    most_missed_busy: int = 60
    """The same for a process that computes, reads from the disk, or has not said anything yet: the
    import of torch can keep all its threads from running."""


DEFAULT_LIMITS = PulseLimits()


class Pulse:
    """Counts the unanswered pings of one process."""

    def __init__(self, limits: PulseLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._num_missed = 0
        self._has_spoken = False
        self._is_urgent = False
        self._cpu_s: float | None = None

    def heard(self) -> None:
        """Note that the process has written a line."""
        self._has_spoken, self._is_urgent = True, False
        self.rest()

    def rest(self) -> None:
        """Note that nobody waits for the process, so it is not asked for signs of life."""
        self._num_missed, self._cpu_s = 0, None

    def hurry(self) -> None:
        """Note that a user waits for the next sign of life."""
        self._is_urgent = True

    def is_hung(self, pid: int) -> bool:
        """Note that a ping is due; return True if too many of the earlier ones are unanswered.

        pid: id of the process, whose work is measured if it does not answer.
        """
        limits = self._limits
        is_busy = self._num_missed > 0 and self._is_busy(pid)
        most = limits.most_missed_urgent if self._is_urgent else limits.most_missed
        if is_busy or not self._has_spoken:
            most = limits.most_missed_busy
        self._num_missed += 1
        return self._num_missed > most

    def _is_busy(self, pid: int) -> bool:
        """Return True if a process has computed since the last call, or waits for disk or core."""
        import psutil

        try:
            process = psutil.Process(pid)
            times, status = process.cpu_times(), process.status()
        except psutil.Error:
            return False
        before, self._cpu_s = self._cpu_s, times.user + times.system
        is_waiting = status in (psutil.STATUS_DISK_SLEEP, psutil.STATUS_RUNNING)
        return is_waiting or before is None or self._cpu_s > before
