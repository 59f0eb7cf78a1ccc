"""Subtract nats from a token for each of its occurrences among the recent tokens.

Source: the `frequency_penalty` of OpenAI's API: logit - penalty * count. The end of the sentence is
never penalised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import LogProbs, log_softmax

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, nats: float, rows: Rows) -> LogProbs:
    """Return renormalised log-probs, with recent tokens lowered by `nats` times their count."""
    penalised_RV = log_probs_RV.copy()
    counts_RV = rows.counts(log_probs_RV.shape[-1])
    is_recent_RV = counts_RV > 0
    penalised_RV[is_recent_RV] -= nats * counts_RV[is_recent_RV]
    return log_softmax(penalised_RV)


FILTER = Filter(
    kind="penalty",
    apply=apply,
    option="frequency",
    neutral=0.0,
    limits={"ge": -100, "le": 100},
    chain_text="{name}={value} over the last {last} tokens",
    help="Nats to subtract per recent occurrence of a token.",
)
