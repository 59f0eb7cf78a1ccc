"""Cut a curve at the lower and upper end of a chart, and note the points that lie beyond."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple


class Part(NamedTuple):
    """Consecutive points of a curve inside the chart, to be joined."""

    xs: list[float]
    ys: list[float]


class Beyond(NamedTuple):
    """The farthest of consecutive points above or below the chart."""

    x: float
    y: float
    is_above: bool


class Clipped(NamedTuple):
    """A curve, cut at both ends of the y axis."""

    parts: tuple[Part, ...]
    beyond: tuple[Beyond, ...]


def clip(xs: Sequence[float], ys: Sequence[float], low: float, high: float) -> Clipped:
    """Return the parts of a curve between two heights, with the crossings of these as points."""
    sides = [(y > high) - (y < low) for y in ys]
    parts: list[Part] = []
    beyond: list[Beyond] = []
    for side, group in groupby(range(len(xs)), key=sides.__getitem__):
        indices = list(group)
        first, last = indices[0], indices[-1]
        if side:
            farthest = max(indices, key=lambda index: side * ys[index])
            beyond.append(Beyond(xs[farthest], ys[farthest], side > 0))
            if last + 1 < len(xs) and sides[last + 1] == -side:
                edges = (high, low) if side > 0 else (low, high)
                parts.append(Part([_crossing(xs, ys, last, edge) for edge in edges], [*edges]))
            continue
        part = Part(list(xs[first : last + 1]), list(ys[first : last + 1]))
        if first:
            edge = high if sides[first - 1] > 0 else low
            part.xs.insert(0, _crossing(xs, ys, first - 1, edge))
            part.ys.insert(0, edge)
        if last + 1 < len(xs):
            edge = high if sides[last + 1] > 0 else low
            part.xs.append(_crossing(xs, ys, last, edge))
            part.ys.append(edge)
        parts.append(part)
    return Clipped(tuple(parts), tuple(beyond))


def _crossing(xs: Sequence[float], ys: Sequence[float], index: int, height: float) -> float:
    """Return the position at which the line from a point to the next one has a height."""
    fraction = (height - ys[index]) / (ys[index + 1] - ys[index])
    return xs[index] + fraction * (xs[index + 1] - xs[index])
