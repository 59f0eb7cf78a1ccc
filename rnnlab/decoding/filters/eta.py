"""Keep tokens of at least the probability min(eta, sqrt(eta) exp(-H)); the best one always stays.

H is the entropy: where it is high, tokens below eta stay too. Source: Hewitt et al. (2022),
"Truncation sampling as language model desmoothing", whose epsilon is our eta.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._numbers import LogProbs, entropy
from rnnlab.decoding.filters._keep import keep_probable

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, eta: float, rows: Rows) -> LogProbs:
    """Return the log-probs with all that is less probable at -inf."""
    bar_R = np.minimum(eta, np.sqrt(eta) * np.exp(-entropy(log_probs_RV)))
    return keep_probable(log_probs_RV, bar_R[:, None])
