"""Detection of loss spikes and of divergence."""

from __future__ import annotations

import statistics
from collections import deque
from typing import NamedTuple

from rnnlab.runs.records import REMEDY, Event

_RECENT = 20
"""Number of recent records with which a loss is compared."""
_FEWEST = 8
"""Minimum number of earlier records for a loss to count as a spike."""
_NUM_STDS = 8.0
_FRACTION = 0.2
"""A spike exceeds the median by _NUM_STDS standard deviations and by _FRACTION of the median."""
_MAD_TO_STD = 1.4826
"""Standard deviation of a normal distribution per median absolute deviation."""
_DIVERGED = 2.0
"""A loss above _DIVERGED times the loss of uniform guessing is a divergence."""


class Alarm(NamedTuple):
    """A kind of event and its message, for the journal."""

    event: Event
    message: str


class LossWatch:
    """Checks the loss of every record; returns one alarm per spike or divergence."""

    def __init__(self, guessing_nats: float) -> None:
        """guessing_nats: loss of uniform guessing in nats, ln C for C tokens or classes."""
        self._guessing = guessing_nats
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._is_high = False
        self._has_diverged = False

    @property
    def is_high(self) -> bool:
        """Whether the last loss was a spike or a divergence."""
        return self._is_high or self._has_diverged

    @property
    def has_diverged(self) -> bool:
        """Whether the last loss was a divergence."""
        return self._has_diverged

    def check(self, mean: float, largest: float) -> Alarm | None:
        """Return an alarm if a spike or a divergence begins with this record, else None.

        mean, largest: mean and largest loss of the record's steps, in nats.
        """
        limit = self._limit()
        was_high, had_diverged = self._is_high, self._has_diverged
        self._is_high = limit is not None and mean > limit
        self._has_diverged = mean > _DIVERGED * self._guessing
        median = statistics.median(self._recent) if self._recent else mean
        self._recent.append(mean)
        if self._has_diverged and not had_diverged:
            return Alarm(
                "diverged",
                f"loss is {mean:.3g} nats, uniform guessing gives {self._guessing:.3g}; {REMEDY}",
            )
        if self._is_high and not was_high and not self._has_diverged:
            return Alarm(
                "spike",
                f"mean loss rose from {median:.3g} to {mean:.3g} (largest step {largest:.3g})",
            )
        return None

    def _limit(self) -> float | None:
        """Return the loss above which a record counts as a spike; None before _FEWEST records."""
        if len(self._recent) < _FEWEST:
            return None
        median = statistics.median(self._recent)
        std = _MAD_TO_STD * statistics.median(abs(loss - median) for loss in self._recent)
        return median + max(_NUM_STDS * std, _FRACTION * median)
