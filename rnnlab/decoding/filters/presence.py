"""Take nats from every token that came lately, however often.

Source: the `presence_penalty` of OpenAI's API: logit - penalty * [count > 0]. The end of the
sentence is never penalised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._numbers import LogProbs, log_softmax
from rnnlab.decoding.filters._recent import recent_counts

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, nats: float, rows: Rows) -> LogProbs:
    """Return the log-probs, those of recent tokens less the nats, renormalised."""
    penalised_RV = log_probs_RV.copy()
    for row, tokens_N, _ in recent_counts(rows):
        penalised_RV[row, tokens_N] -= nats
    return log_softmax(penalised_RV)
