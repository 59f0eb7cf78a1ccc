"""Keep the nucleus: the smallest set of most probable tokens whose probability reaches p.

Ties go to the lower ids. Source: Holtzman et al. (2020), "The curious case of
neural text degeneration".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import TOLERANCE, LogProbs, only
from rnnlab.decoding.filters._keep import are_largest

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, p: float, rows: Rows) -> LogProbs:
    """Return the log-probs, with -inf outside the nucleus; the best token always stays."""
    sorted_RV = np.sort(log_probs_RV, axis=-1)[:, ::-1]
    probs_RV = np.exp(sorted_RV, dtype=np.float64)
    # A token belongs to the nucleus if the more probable tokens have a total below p.
    mass_before_RV = probs_RV.cumsum(-1) - probs_RV
    num_R1 = (mass_before_RV < p - TOLERANCE).sum(-1, keepdims=True).clip(min=1)
    threshold_R1 = sorted_RV[np.arange(len(sorted_RV))[:, None], num_R1 - 1]
    return only(log_probs_RV, are_largest(log_probs_RV, threshold_R1, num_R1))


FILTER = Filter(
    kind="truncating",
    apply=apply,
    option="p",
    neutral=1.0,
    limits={"gt": 0, "le": 1},
    help="Keep the fewest tokens whose total probability reaches p.",
)
