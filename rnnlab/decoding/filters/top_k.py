"""Keep the k most probable tokens; ties go to the lower ids.

Source: Fan et al. (2018), "Hierarchical neural story generation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import LogProbs, log_softmax, only
from rnnlab.decoding.filters._keep import are_largest

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, k: int, rows: Rows) -> LogProbs:
    """Return the log-probs, with -inf for all but the k most probable tokens."""
    size = log_probs_RV.shape[-1]
    if k >= size:
        return log_softmax(log_probs_RV)
    threshold_R1 = np.partition(log_probs_RV, size - k, axis=-1)[:, size - k, None]
    return only(log_probs_RV, are_largest(log_probs_RV, threshold_R1, k))


FILTER = Filter(
    kind="truncating",
    apply=apply,
    option="top_k",
    value_type=int,
    neutral=0,
    limits={"ge": 0},
    help="Keep the N most probable tokens (0: all).",
)
