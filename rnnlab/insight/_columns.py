"""In which column of a heat map a step of a run stands: its epoch, or its tenth of a short run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from rnnlab.runs.history import History

_FEWEST_EPOCHS = 3
"""Epochs from which on columns are epochs; a shorter run is cut into tenths."""
_TENTHS = 10


@dataclass(frozen=True)
class TokenColumns:
    """The columns of a heat map over a run, and which of them its steps belong to."""

    label: Literal["epoch", "step"]
    of_step: Mapping[int, str]
    """Name of the column of each step that has norms, ascending."""

    @property
    def names(self) -> tuple[str, ...]:
        """All columns in their order."""
        return tuple(dict.fromkeys(self.of_step.values()))


def epochs_of(history: History) -> TokenColumns:
    """Return the epochs, counted from 1."""
    epoch_of = {record.step: str(max(1, math.ceil(record.epoch))) for record in history.train}
    steps = (record.step for record in history.layers if record.step in epoch_of)
    return TokenColumns("epoch", {step: epoch_of[step] for step in steps})


def columns_of(history: History) -> TokenColumns:
    """Return the epochs, or where there are few of them the tenths of a run by their last steps."""
    last = history.train[-1] if history.train else None
    if last is not None and last.epoch >= _FEWEST_EPOCHS:
        return epochs_of(history)
    size = max(1, math.ceil((last.step if last else 1) / _TENTHS))
    steps = (record.step for record in history.layers)
    return TokenColumns("step", {step: str(math.ceil(step / size) * size) for step in steps})


def mean_norms(history: History, columns: TokenColumns) -> dict[str, list[float | None]]:
    """Return for each parameter its mean gradient norm in every column."""
    found: dict[str, dict[str, list[float]]] = {}
    for record in history.layers:
        column = columns.of_step.get(record.step)
        for name, norm in record.grad_norms.items():
            if column is not None and norm is not None:
                found.setdefault(name, {}).setdefault(column, []).append(norm)
    return {
        name: [fmean(norms[column]) if column in norms else None for column in columns.names]
        for name, norms in found.items()
    }
