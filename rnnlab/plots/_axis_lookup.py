"""Where records stand on an axis that know their step alone: the rest is looked up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from rnnlab.plots._chart import Axis, along
from rnnlab.runs.history import History


def places(history: History, steps: Sequence[int], axis: Axis) -> list[float]:
    """Return the place of every step: that of the training record before it; none without one."""
    if axis == "step":
        return [float(step) for step in steps]
    known = [record.step for record in history.train]
    found = along(history.train, axis)
    return [found[max(bisect_right(known, step) - 1, 0)] for step in steps] if known else []
