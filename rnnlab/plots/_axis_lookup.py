"""Positions on the x axis of records without time and epoch, found from the train records."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from rnnlab.plots._chart import Axis, along
from rnnlab.runs.history import History


def places(history: History, steps: Sequence[int], axis: Axis) -> list[float]:
    """Return the position of every step on the x axis.

    On a time or epoch axis, a step has the position of the last train record up to the step; the
    list is empty if there are no train records.
    """
    if axis == "step":
        return [float(step) for step in steps]
    train_steps = [record.step for record in history.train]
    if not train_steps:
        return []
    positions = along(history.train, axis)
    return [positions[max(bisect_right(train_steps, step) - 1, 0)] for step in steps]
