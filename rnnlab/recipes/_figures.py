"""Figures of a run that its journal holds."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from statistics import fmean

from rnnlab.runs.history import History

_RECURRENT = re.compile(r"(?:^|\.)weight_hh_l(\d+)$")


def train_running_loss(history: History) -> float | None:
    """Return the mean training loss of the last epoch as it ran, None before the first record.

    It is the figure that a notebook prints for its last epoch: each step's loss is of the weights
    before that step. A record that began in the epoch before counts by its share in the last.
    """
    if not history.train:
        return None
    end = history.train[-1].epoch
    total = share_sum = before = 0.0
    for record in history.train:
        share = record.epoch - max(before, end - 1.0)
        before = record.epoch
        if share > 0 and record.train_loss is not None:
            total += share * record.train_loss
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
