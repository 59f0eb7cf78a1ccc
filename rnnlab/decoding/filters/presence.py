"""Subtract nats from every token that occurs among the recent tokens, however often.

Source: the `presence_penalty` of OpenAI's API: logit - penalty * [count > 0]. The end of the
sentence is never penalised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import LogProbs, log_softmax

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, nats: float, rows: Rows) -> LogProbs:
    """Return renormalised log-probs, with recent tokens lowered by `nats`."""
    penalised_RV = log_probs_RV.copy()
    penalised_RV[rows.counts(log_probs_RV.shape[-1]) > 0] -= nats
    return log_softmax(penalised_RV)


FILTER = Filter(
    kind="penalty",
    apply=apply,
    option="presence",
    neutral=0.0,
    limits={"ge": -100, "le": 100},
    chain_text="{name}={value} over the last {last} tokens",
    help="Nats to subtract from every recent token.",
)
