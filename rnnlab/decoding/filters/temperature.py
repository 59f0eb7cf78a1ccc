"""Divide the logits by a temperature: log p / T, renormalised.

Source: Ackley et al. (1985), "A learning algorithm for Boltzmann machines".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._numbers import NEVER, LogProbs, log_softmax

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows

_COLDEST = 1e-30
"""float32 holds little less; the best tokens are alone long before."""


def apply(log_probs_RV: LogProbs, temperature: float, rows: Rows) -> LogProbs:
    """Return log-probs proportional to p^(1/T)."""
    best_R1 = log_probs_RV.max(-1, keepdims=True)
    # Relative to the best token, so that no cold makes that one overflow.
    relative_RV = log_probs_RV - np.where(best_R1 == NEVER, 0.0, best_R1).astype(log_probs_RV.dtype)
    with np.errstate(over="ignore"):
        return log_softmax(relative_RV / max(temperature, _COLDEST))
