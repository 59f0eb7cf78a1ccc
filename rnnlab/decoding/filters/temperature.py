"""Divide the logits by a temperature: log p / T, renormalised.

Source: Ackley et al. (1985), "A learning algorithm for Boltzmann machines".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import LogProbs, log_softmax

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows

_COLDEST = 1e-30
"""Minimum temperature: below it, even the best token would overflow to -inf in float32."""


def apply(log_probs_RV: LogProbs, temperature: float, rows: Rows) -> LogProbs:
    """Return the log-probs of the distribution proportional to p^(1/T)."""
    with np.errstate(over="ignore"):  # improbable tokens overflow to -inf
        return log_softmax(log_probs_RV / max(temperature, _COLDEST))


FILTER = Filter(
    kind="temperature",
    apply=apply,
    option="temperature",
    neutral=1.0,
    limits={"gt": 0, "le": 100},
    help="Divisor of the logits: below 1 sharpens, above 1 flattens.",
)
