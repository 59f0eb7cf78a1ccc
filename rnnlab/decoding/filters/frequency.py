"""Take nats from every token for each time that it came lately.

Source: the `frequency_penalty` of OpenAI's API: logit - penalty * count. The end of the sentence is
never penalised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._numbers import LogProbs, log_softmax
from rnnlab.decoding.filters._recent import recent_counts

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, nats: float, rows: Rows) -> LogProbs:
    """Return the log-probs, those of recent tokens less count times the nats, renormalised."""
    penalised_RV = log_probs_RV.copy()
    for row, tokens_N, counts_N in recent_counts(rows):
        penalised_RV[row, tokens_N] -= nats * counts_N
    return log_softmax(penalised_RV)
