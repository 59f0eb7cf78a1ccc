"""Keep the k most probable tokens, renormalised; of equal ones the lower ids.

Source: Fan et al. (2018), "Hierarchical neural story generation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._numbers import NEVER, LogProbs, best_first, log_softmax

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, k: int, rows: Rows) -> LogProbs:
    """Return the log-probs with all but the k best at -inf."""
    kept_RV = log_probs_RV.copy()
    np.put_along_axis(kept_RV, best_first(log_probs_RV)[:, k:], NEVER, axis=-1)
    return log_softmax(kept_RV)
