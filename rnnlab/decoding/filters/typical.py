"""Keep the most typical tokens (smallest |-log p - H|) until their total probability reaches tau.

H is the entropy, which is the expected surprise -log p. Tokens with a surprise close to H stay;
the most probable token may be dropped. Ties go to the lower ids. Source: Meister et al. (2023),
"Locally typical sampling".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import NEVER, TOLERANCE, LogProbs, entropy, log_softmax

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, tau: float, rows: Rows) -> LogProbs:
    """Return the log-probs, with -inf outside the typical set."""
    surprise_RV = -log_probs_RV.astype(np.float64)
    distance_RV = np.abs(surprise_RV - entropy(log_probs_RV)[:, None])
    order_RV = np.argsort(distance_RV, axis=-1, kind="stable")
    sorted_RV = np.take_along_axis(log_probs_RV, order_RV, axis=-1)
    probs_RV = np.exp(sorted_RV, dtype=np.float64)
    # A token belongs to the typical set if the more typical tokens have a total below tau.
    mass_before_RV = probs_RV.cumsum(-1) - probs_RV
    is_typical_RV = mass_before_RV < tau - TOLERANCE
    is_typical_RV[:, 0] = True
    kept_RV = np.empty_like(log_probs_RV)
    np.put_along_axis(kept_RV, order_RV, np.where(is_typical_RV, sorted_RV, NEVER), axis=-1)
    return log_softmax(kept_RV)


FILTER = Filter(
    kind="truncating",
    apply=apply,
    option="typical",
    neutral=1.0,
    limits={"gt": 0, "le": 1},
    help="Keep the most typical tokens, up to this total probability.",
)
