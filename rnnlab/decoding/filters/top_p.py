"""Keep the nucleus: the smallest set of most probable tokens whose mass reaches p, renormalised.

Source: Holtzman et al. (2020), "The curious case of neural text degeneration".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._numbers import NEVER, LogProbs, best_first, log_softmax

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, p: float, rows: Rows) -> LogProbs:
    """Return the log-probs with all but the nucleus at -inf; the best token always stays."""
    order_RV = best_first(log_probs_RV)
    sorted_RV = np.take_along_axis(log_probs_RV, order_RV, axis=-1)
    probs_RV = np.exp(sorted_RV, dtype=np.float64)
    # A token is needed while the mass of those before it has not reached p.
    mass_before_RV = probs_RV.cumsum(-1) - probs_RV
    kept_RV = np.empty_like(log_probs_RV)
    np.put_along_axis(kept_RV, order_RV, np.where(mass_before_RV < p, sorted_RV, NEVER), axis=-1)
    return log_softmax(kept_RV)
