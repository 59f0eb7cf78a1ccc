"""The columns of a heat map of a run's gradient norms: its epochs, or tenths of a short run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from rnnlab.runs.history import History

_FEWEST_EPOCHS = 3
"""Minimum number of epochs for one column per epoch; a shorter run is divided into tenths."""
_TENTHS = 10


@dataclass(frozen=True)
class TokenColumns:
    """The columns of a heat map of a run, and the column of each step."""

    label: Literal["epoch", "step"]
    of_step: Mapping[int, str]
    """Step -> name of its column, for all steps with recorded norms, ascending."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in the order of the steps."""
        return tuple(dict.fromkeys(self.of_step.values()))


def epochs_of(history: History) -> TokenColumns:
    """Return one column per epoch, counted from 1."""
    epoch_of = {record.step: str(max(1, math.ceil(record.epoch))) for record in history.train}
    steps = (record.step for record in history.layers if record.step in epoch_of)
    return TokenColumns("epoch", {step: epoch_of[step] for step in steps})


def columns_of(history: History) -> TokenColumns:
    """Return one column per epoch; for a short run, one per tenth, named by its last step."""
    last = history.train[-1] if history.train else None
    if last is not None and last.epoch >= _FEWEST_EPOCHS:
        return epochs_of(history)
    size = max(1, math.ceil((last.step if last else 1) / _TENTHS))
    steps = (record.step for record in history.layers)
    return TokenColumns("step", {step: str(math.ceil(step / size) * size) for step in steps})


def mean_norms(history: History, columns: TokenColumns) -> dict[str, list[float | None]]:
    """Return parameter -> mean gradient norm in each column; None for a column without norms."""
    by_parameter: dict[str, dict[str, list[float]]] = {}
    for record in history.layers:
        column = columns.of_step.get(record.step)
        for name, norm in record.grad_norms.items():
            if column is not None and norm is not None:
                by_parameter.setdefault(name, {}).setdefault(column, []).append(norm)
    return {
        name: [fmean(norms[column]) if column in norms else None for column in columns.names]
        for name, norms in by_parameter.items()
    }
