"""Keep tokens whose logit is at most n standard deviations below the best: l >= max - n sigma.

A temperature before this filter does not change which tokens stay. sigma is the population
standard deviation of the logits of all possible tokens. Source: Tang et al. (2024), "Top-n sigma:
not all logits are you need".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import NEVER, LogProbs, only

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, n: float, rows: Rows) -> LogProbs:
    """Return the log-probs, with -inf for tokens further below the best token."""
    is_possible_RV = log_probs_RV > NEVER
    num_R1 = np.maximum(is_possible_RV.sum(-1, keepdims=True), 1)
    finite_RV = np.where(is_possible_RV, log_probs_RV, 0.0).astype(np.float64)
    mean_R1 = finite_RV.sum(-1, keepdims=True) / num_R1
    deviation_RV = np.where(is_possible_RV, finite_RV - mean_R1, 0.0)
    sigma_R1 = np.sqrt((deviation_RV**2).sum(-1, keepdims=True) / num_R1)
    return only(log_probs_RV, log_probs_RV >= log_probs_RV.max(-1, keepdims=True) - n * sigma_R1)


FILTER = Filter(
    kind="truncating",
    apply=apply,
    option="sigma",
    neutral=0.0,
    limits={"ge": 0, "le": 100},
    help="Drop tokens N standard deviations below the best (0: off).",
)
