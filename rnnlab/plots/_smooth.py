"""Smoothing without a bias at its start: a moving average divided by the weight it has seen."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, nan


def smoothed(ys: Sequence[float], weight: float) -> tuple[float, ...]:
    """Return the debiased exponential moving average of a series (Kingma and Ba, 2015, section 3).

    weight: share of the past that is kept at each point, 0 to below 1; 0 gives the series itself.
    A value that is not finite stays so and leaves the average alone. A constant series is returned
    as it is: without the division the first values would be pulled towards zero.
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
