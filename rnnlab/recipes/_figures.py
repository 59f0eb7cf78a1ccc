"""Compute the figures of a run from its journal."""

from __future__ import annotations

import math
import re
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import fmean

from rnnlab.runs.records import LayersRecord, Record, TrainRecord

_RECURRENT = re.compile(r"(?:^|\.)weight_hh_l(\d+)$")


def train_running_loss(records: Iterable[TrainRecord]) -> float | None:
    """Return the mean training loss of the last epoch; None before the first record.

    The loss of a step is computed before the update, as in the figures that notebooks usually print
    per epoch. A record that covers steps of two epochs counts with its fraction in the last epoch.
    """
    last = deque((window for _, window in _epochs_up_to(records)), maxlen=1)
    return _mean_of_an_epoch(last[0]) if last else None


def seconds_to_loss(records: Iterable[TrainRecord], threshold: float) -> float | None:
    """Return the training time in seconds until the mean loss of an epoch reached `threshold`.

    None if the mean loss never reached it.
    """
    for record, window in _epochs_up_to(records):
        mean = _mean_of_an_epoch(window) if record.epoch >= 1 else None
        if mean is not None and mean <= threshold:
            return record.time_s
    return None


def _epochs_up_to(
    records: Iterable[TrainRecord],
) -> Iterator[tuple[TrainRecord, Sequence[TrainRecord]]]:
    """Yield each record with the records of the epoch up to it, and the one before these."""
    window: deque[TrainRecord] = deque()
    for record in records:
        window.append(record)
        while len(window) > 1 and window[1].epoch <= record.epoch - 1.0:
            window.popleft()
        yield record, window


def _mean_of_an_epoch(records: Sequence[TrainRecord]) -> float | None:
    """Return the mean loss over one epoch's worth of steps, up to the last record."""
    total = weight_sum = 0.0
    following = chain([0.0], (record.epoch for record in records))
    for record, begin in reversed(list(zip(records, following, strict=False))):
        weight = record.epoch - max(begin, records[-1].epoch - 1.0)
        if weight <= 0:
            break
        loss = record.train_loss
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


def layer_norms(records: Iterable[Record]) -> LayerNorms | None:
    """Return the gradient norms of `weight_hh` in a journal; None if the journal has none.

    records: in the order of the journal, where the train record of a step precedes its norms.
    """
    train: TrainRecord | None = None
    norms_of: dict[int, dict[int, array[float]]] = {}
    for record in records:
        if isinstance(record, TrainRecord):
            train = record
        if not isinstance(record, LayersRecord) or train is None or train.step != record.step:
            continue
        epoch = max(1, math.ceil(train.epoch))
        for name, norm in record.grad_norms.items():
            match = _RECURRENT.search(name)
            if match and norm is not None:
                by_epoch = norms_of.setdefault(int(match[1]), {})
                by_epoch.setdefault(epoch, array("d")).append(norm)
    if not norms_of:
        return None
    epochs = tuple(sorted({epoch for by_epoch in norms_of.values() for epoch in by_epoch}))
    norms = tuple(
        tuple(fmean(by_epoch[epoch]) if epoch in by_epoch else None for epoch in epochs)
        for _, by_epoch in sorted(norms_of.items())
    )
    return LayerNorms(epochs, norms)
