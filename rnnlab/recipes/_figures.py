"""Compute the figures of a run from its journal."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from rnnlab.runs.history import History
from rnnlab.runs.records import TrainRecord

_RECURRENT = re.compile(r"(?:^|\.)weight_hh_l(\d+)$")


def train_running_loss(history: History) -> float | None:
    """Return the mean training loss of the last epoch; None before the first record.

    The loss of a step is computed before the update, as in the figures that notebooks usually print
    per epoch. A record that covers steps of two epochs counts with its fraction in the last epoch.
    """
    return _mean_of_an_epoch(history.train, len(history.train) - 1)


def seconds_to_loss(history: History, threshold: float) -> float | None:
    """Return the training time in seconds until the mean loss of an epoch reached `threshold`.

    None if the mean loss never reached it.
    """
    for i, record in enumerate(history.train):
        mean = _mean_of_an_epoch(history.train, i) if record.epoch >= 1 else None
        if mean is not None and mean <= threshold:
            return record.time_s
    return None


def _mean_of_an_epoch(records: Sequence[TrainRecord], last: int) -> float | None:
    """Return the mean loss over one epoch's worth of steps, up to record number `last`."""
    total = weight_sum = 0.0
    for i in range(last, -1, -1):
        begin = records[i - 1].epoch if i else 0.0
        weight = records[i].epoch - max(begin, records[last].epoch - 1.0)
        if weight <= 0:
            break
        loss = records[i].train_loss
        if loss is not None:
            total += weight * loss
            weight_sum += weight
    return total / weight_sum if weight_sum else None


@dataclass(frozen=True)
class LayerNorms:
    """Mean gradient norm of the recurrent weights, per layer and epoch."""

    epochs: tuple[int, ...]
    """Epochs, counted from 1."""
    norms: tuple[tuple[float | None, ...], ...]
    """For each layer, its norm in each epoch; the first layer is the one that reads the tokens."""

    @property
    def shares(self) -> tuple[float | None, ...]:
        """For each epoch, the ratio of the first layer's norm to the last layer's norm."""
        return tuple(
            first / last if first is not None and last else None
            for first, last in zip(self.norms[0], self.norms[-1], strict=True)
        )

    @property
    def mean_share(self) -> float | None:
        """Geometric mean of `shares`; None if no epoch has a ratio other than zero."""
        shares = [share for share in self.shares if share]
        return math.exp(fmean(map(math.log, shares))) if shares else None


def layer_norms(history: History) -> LayerNorms | None:
    """Return the gradient norms of `weight_hh` in a journal; None if the journal has none."""
    epoch_of = {record.step: max(1, math.ceil(record.epoch)) for record in history.train}
    norms_of: dict[int, dict[int, list[float]]] = {}
    for record in history.layers:
        epoch = epoch_of.get(record.step)
        for name, norm in record.grad_norms.items():
            match = _RECURRENT.search(name)
            if match and epoch is not None and norm is not None:
                norms_of.setdefault(int(match[1]), {}).setdefault(epoch, []).append(norm)
    if not norms_of:
        return None
    epochs = tuple(sorted({epoch for by_epoch in norms_of.values() for epoch in by_epoch}))
    norms = tuple(
        tuple(fmean(by_epoch[epoch]) if epoch in by_epoch else None for epoch in epochs)
        for _, by_epoch in sorted(norms_of.items())
    )
    return LayerNorms(epochs, norms)
