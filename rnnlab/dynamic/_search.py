"""A small search for the settings of dynamic evaluation, on the beginning of a split."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rnnlab.corpora import Progress, Split, silent
from rnnlab.dynamic._evaluate import evaluate_dynamic
from rnnlab.dynamic._learner import Learner
from rnnlab.dynamic._rule import DynamicSettings

SEARCH_TOKENS = 20_000
"""Tokens of the split that each trial reads."""
_RATES = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
_DECAYS = (0.0, 1e-3, 3e-3, 1e-2, 3e-2)


class Search(NamedTuple):
    """The result of a search."""

    settings: DynamicSettings
    num_tokens: int
    """Tokens of the split that each trial has read."""


def find_settings(
    learner: Learner,
    split: Split,
    max_tokens: int = SEARCH_TOKENS,
    *,
    lr: float | None = None,
    decay: float | None = None,
    progress: Progress = silent,
) -> Search:
    """Return the rate and the decay with the lowest loss on the first tokens of a split.

    The rate is chosen first, without decay, then the decay, then the rate again. lr, decay: values
    that are not searched for. Unless learning lowers the loss, the rate is 0. progress: called with
    the number of tokens read so far, and an estimate of all.
    """
    num_tokens = min(max_tokens, split.num_tokens)
    total = num_tokens * (len(_RATES) + len(_DECAYS))
    losses: dict[DynamicSettings, float] = {}

    def loss(rate: float, share: float) -> float:
        """Return the loss of a pair of settings, measured once."""
        settings = DynamicSettings(rate, share, learner.window)
        if settings not in losses:
            before = num_tokens * len(losses)
            evaluation = evaluate_dynamic(
                learner, split, settings, num_tokens,
                lambda done, _: progress(min(before + done, total), total),
            )  # fmt: skip
            measured = evaluation.loss_nats
            losses[settings] = measured if math.isfinite(measured) else math.inf
        return losses[settings]

    rates = _RATES if lr is None else (lr,)
    decays = _DECAYS if decay is None else (decay,)
    best_decay = decays[0]
    best_lr = _descend(rates, len(rates) // 2, lambda rate: loss(rate, best_decay))
    best_decay = _descend(decays, len(decays) // 3, lambda share: loss(best_lr, share))
    best_lr = _descend(rates, rates.index(best_lr), lambda rate: loss(rate, best_decay))
    if lr is None and loss(0.0, 0.0) <= loss(best_lr, best_decay):
        best_lr = 0.0
    return Search(DynamicSettings(best_lr, best_decay, learner.window), num_tokens)


def _descend(values: Sequence[float], start: int, loss: Callable[[float], float]) -> float:
    """Return the first value with a lower loss than its neighbours, downhill from `start`."""
    at = start
    while True:
        near = range(max(0, at - 1), min(len(values), at + 2))
        best = min(near, key=lambda i: (loss(values[i]), abs(i - at)))
        if best == at:
            return values[at]
        at = best
