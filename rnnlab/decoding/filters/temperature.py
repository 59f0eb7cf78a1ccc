"""Divide the logits by a temperature: log p / T, renormalised.

Source: Ackley et al. (1985), "A learning algorithm for Boltzmann machines".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._numbers import LogProbs, log_softmax

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, temperature: float, rows: Rows) -> LogProbs:
    """Return log-probs proportional to p^(1/T)."""
    return log_softmax(log_probs_RV / temperature)
