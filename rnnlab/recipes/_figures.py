"""Figures of a run that its journal holds."""

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
    """Return the mean training loss of the last epoch as it ran, None before the first record.

    It is the figure that a notebook prints for its last epoch: each step's loss is of the weights
    before that step. A record that began in the epoch before counts by its share in the last.
    """
    return _mean_of_an_epoch(history.train, len(history.train) - 1)


def seconds_to_loss(history: History, threshold: float) -> float | None:
    """Return the training time until the mean loss of a whole epoch had come down to `threshold`.

    None where it never did.
    """
    for i, record in enumerate(history.train):
        mean = _mean_of_an_epoch(history.train, i) if record.epoch >= 1 else None
        if mean is not None and mean <= threshold:
            return record.time_s
    return None


def _mean_of_an_epoch(records: Sequence[TrainRecord], last: int) -> float | None:
    """Return the mean loss of the epoch that ends with record number `last`."""
    total = share_sum = 0.0
    for i in range(last, -1, -1):
        begin = records[i - 1].epoch if i else 0.0
        share = records[i].epoch - max(begin, records[last].epoch - 1.0)
        if share <= 0:
            break
        loss = records[i].train_loss
        if loss is not None:
            total += share * loss
            share_sum += share
    return total / share_sum if share_sum else None


@dataclass(frozen=True)
class LayerNorms:
    """Mean gradient norm of the recurrent weights, layer by layer, over the epochs."""

    epochs: tuple[int, ...]
    """Epochs, counted from 1."""
    norms: tuple[tuple[float | None, ...], ...]
    """For each layer, the one that reads the tokens first, a norm for each epoch."""

    @property
    def shares(self) -> tuple[float | None, ...]:
        """The first layer's norm over the last one's, for each epoch."""
        return tuple(
            first / last if first is not None and last else None
            for first, last in zip(self.norms[0], self.norms[-1], strict=True)
        )

    @property
    def mean_share(self) -> float | None:
        """Geometric mean over the epochs of the first layer's norm over the last one's."""
        shares = [share for share in self.shares if share]
        return math.exp(fmean(map(math.log, shares))) if shares else None


def layer_norms(history: History) -> LayerNorms | None:
    """Return the gradient norms that a journal holds of `weight_hh`, None where it holds none."""
    epoch_of = {record.step: max(1, math.ceil(record.epoch)) for record in history.train}
    found: dict[int, dict[int, list[float]]] = {}
    for record in history.layers:
        epoch = epoch_of.get(record.step)
        for name, norm in record.grad_norms.items():
            match = _RECURRENT.search(name)
            if match and epoch is not None and norm is not None:
                found.setdefault(int(match[1]), {}).setdefault(epoch, []).append(norm)
    if not found:
        return None
    epochs = tuple(sorted({epoch for by_epoch in found.values() for epoch in by_epoch}))
    norms = tuple(
        tuple(fmean(by_epoch[epoch]) if epoch in by_epoch else None for epoch in epochs)
        for _, by_epoch in sorted(found.items())
    )
    return LayerNorms(epochs, norms)
