"""Multiply the logits of recent tokens by a penalty.

Source: Keskar et al. (2019), "CTRL", who divide positive logits and multiply negative ones. Here
the logits are log-probs, which are never positive: all are multiplied, and a token that is almost
certain remains so. The end of the sentence is never penalised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import LogProbs, log_softmax

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, penalty: float, rows: Rows) -> LogProbs:
    """Return renormalised log-probs, with recent tokens multiplied by the penalty."""
    penalised_RV = log_probs_RV.copy()
    penalised_RV[rows.counts(log_probs_RV.shape[-1]) > 0] *= penalty
    return log_softmax(penalised_RV)


FILTER = Filter(
    kind="penalty",
    apply=apply,
    option="repetition",
    neutral=1.0,
    limits={"ge": 1, "le": 100},
    chain_text="{name}={value} over the last {last} tokens",
    help="Factor on the (negative) logits of recent tokens.",
)
