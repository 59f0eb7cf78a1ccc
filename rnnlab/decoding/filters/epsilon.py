"""Drop tokens less probable than epsilon; the most probable one always stays.

Source: Hewitt et al. (2022), "Truncation sampling as language model desmoothing".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._filter import Filter
from rnnlab.decoding.filters._keep import keep_probable

if TYPE_CHECKING:
    from rnnlab.decoding._numbers import LogProbs
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, epsilon: float, rows: Rows) -> LogProbs:
    """Return the log-probs, with -inf for less probable tokens."""
    return keep_probable(log_probs_RV, epsilon)


FILTER = Filter(
    kind="truncating",
    apply=apply,
    option="epsilon",
    neutral=0.0,
    limits={"ge": 0, "lt": 1},
    help="Drop tokens less probable than epsilon.",
)
