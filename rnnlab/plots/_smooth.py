"""EMA smoothing without bias at the start: the sum is divided by the sum of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, nan


def smoothed(ys: Sequence[float], weight: float) -> tuple[float, ...]:
    """Return the bias-corrected exponential moving average (Kingma and Ba, 2015, section 3).

    weight: weight of the past at each point, from 0 (no smoothing) to below 1. A value that is not
    finite becomes nan and does not change the average. Without the correction, the first averages
    would be too close to zero.
    """
    average, seen = 0.0, 0.0
    result: list[float] = []
    for y in ys:
        if not isfinite(y):
            result.append(nan)
            continue
        average = weight * average + (1 - weight) * y
        seen = weight * seen + (1 - weight)
        result.append(average / seen)
    return tuple(result)
