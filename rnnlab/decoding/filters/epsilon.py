"""Keep tokens of at least the probability epsilon; the best one always stays.

Source: Hewitt et al. (2022), "Truncation sampling as language model desmoothing".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding.filters._keep import keep_probable

if TYPE_CHECKING:
    from rnnlab.decoding._numbers import LogProbs
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, epsilon: float, rows: Rows) -> LogProbs:
    """Return the log-probs with all that is less probable at -inf."""
    return keep_probable(log_probs_RV, epsilon)
