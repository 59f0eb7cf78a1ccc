"""Divide the logits by a temperature: log p / T, renormalised.

Source: Ackley et al. (1985), "A learning algorithm for Boltzmann machines".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._numbers import LogProbs, log_softmax

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows

_COLDEST = 1e-30
"""In float32 less would make the best token overflow too; it is alone long before."""


def apply(log_probs_RV: LogProbs, temperature: float, rows: Rows) -> LogProbs:
    """Return log-probs proportional to p^(1/T)."""
    with np.errstate(over="ignore"):  # what is improbable enough becomes impossible
        return log_softmax(log_probs_RV / max(temperature, _COLDEST))
