"""Notices when the loss leaves its course: a spike, or a divergence."""

from __future__ import annotations

import statistics
from collections import deque
from typing import NamedTuple

from rnnlab.runs.records import Event

_RECENT = 20
"""Records that are compared with."""
_FEWEST = 8
"""Records before anything is called unusual."""
_SPREADS = 8.0
_SHARE = 0.2
"""A spike is above the median by so many spreads, and by such a share of it."""
REMEDY = "lower --lr or set --clip"
"""What helps against a loss that grows without bound."""
_MAD_TO_STD = 1.4826
_DIVERGED = 2.0
"""A divergence is a loss of so many times what guessing costs."""


class Alarm(NamedTuple):
    """An event to be written."""

    event: Event
    message: str


class LossWatch:
    """Hears every record's loss; an alarm is raised once, until the loss has come down again."""

    def __init__(self, guessing_nats: float) -> None:
        """guessing_nats: loss of a model that knows nothing, ln C."""
        self._guessing = guessing_nats
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._is_high = False
        self._has_diverged = False

    @property
    def is_high(self) -> bool:
        """Whether the last loss was above its course."""
        return self._is_high or self._has_diverged

    def hear(self, mean: float, largest: float) -> Alarm | None:
        """Take in a record's mean loss and the largest of one step; return what is unusual."""
        limit = self._limit()
        was_high, had_diverged = self._is_high, self._has_diverged
        self._is_high = limit is not None and mean > limit
        self._has_diverged = mean > _DIVERGED * self._guessing
        usual = statistics.median(self._recent) if self._recent else mean
        self._recent.append(mean)
        if self._has_diverged and not had_diverged:
            return Alarm(
                "diverged",
                f"loss {mean:.3g} nats, guessing costs {self._guessing:.3g}; {REMEDY}",
            )
        if self._is_high and not was_high and not self._has_diverged:
            return Alarm("spike", f"loss {mean:.3g}, in one step {largest:.3g}, after {usual:.3g}")
        return None

    def _limit(self) -> float | None:
        """Return the loss above which a record is a spike; None while too little is known."""
        if len(self._recent) < _FEWEST:
            return None
        usual = statistics.median(self._recent)
        spread = _MAD_TO_STD * statistics.median(abs(loss - usual) for loss in self._recent)
        return usual + max(_SPREADS * spread, _SHARE * usual)
