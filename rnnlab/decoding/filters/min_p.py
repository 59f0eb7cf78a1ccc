"""Drop tokens less probable than min_p times the most probable one.

Source: Nguyen et al. (2024), "Turning up the heat: min-p sampling for creative and coherent LLM
outputs".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import TOLERANCE, LogProbs, only

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, min_p: float, rows: Rows) -> LogProbs:
    """Return the log-probs, with -inf for less probable tokens."""
    probs_RV = np.exp(log_probs_RV, dtype=np.float64)
    return only(log_probs_RV, probs_RV >= (1 - TOLERANCE) * min_p * probs_RV.max(-1, keepdims=True))


FILTER = Filter(
    kind="truncating",
    apply=apply,
    option="min_p",
    neutral=0.0,
    limits={"ge": 0, "le": 1},
    help="Drop tokens less probable than min_p times the most probable one.",
)
