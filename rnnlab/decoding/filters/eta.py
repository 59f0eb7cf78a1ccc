"""Drop tokens less probable than min(eta, sqrt(eta) exp(-H)); the most probable one always stays.

H is the entropy in nats: if it is high, tokens below eta stay, too. Source: Hewitt et al. (2022),
"Truncation sampling as language model desmoothing", whose epsilon is our eta.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import LogProbs, entropy
from rnnlab.decoding.filters._keep import keep_probable

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, eta: float, rows: Rows) -> LogProbs:
    """Return the log-probs, with -inf for less probable tokens."""
    threshold_R = np.minimum(eta, np.sqrt(eta) * np.exp(-entropy(log_probs_RV)))
    return keep_probable(log_probs_RV, threshold_R[:, None])


FILTER = Filter(
    kind="truncating",
    apply=apply,
    option="eta",
    neutral=0.0,
    limits={"ge": 0, "lt": 1},
    help="Like epsilon, with a lower threshold if the entropy is high.",
)
