"""Make tokens that came lately worse: their logit times the penalty.

Source: Keskar et al. (2019), "CTRL", who divide positive logits and multiply negative ones. Here
log-probs are taken as logits; they are never positive, so that all are multiplied and a token that
is all but certain stays so. The end of the sentence is never penalised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._numbers import LogProbs, log_softmax
from rnnlab.decoding.filters._recent import recent_counts

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, penalty: float, rows: Rows) -> LogProbs:
    """Return the log-probs, those of recent tokens times the penalty, renormalised."""
    penalised_RV = log_probs_RV.copy()
    for row, tokens_N, _ in recent_counts(rows):
        penalised_RV[row, tokens_N] *= penalty
    return log_softmax(penalised_RV)
