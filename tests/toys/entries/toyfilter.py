"""Keep the most probable token.

Source: Nobody (1999), "A toy".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import only

if TYPE_CHECKING:
    from rnnlab.decoding._numbers import LogProbs
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, number: int, rows: Rows) -> LogProbs:
    """Drop every token that is less probable than the most probable one, unless number is 0."""
    is_best_RV = log_probs_RV >= log_probs_RV.max(-1, keepdims=True)
    return only(log_probs_RV, is_best_RV | (number == 0))


FILTER = Filter(
    kind="truncating",
    apply=apply,
    option="toyfilter",
    value_type=int,
    neutral=0,
    limits={"ge": 0, "le": 9},
    chain_text="{name} of {value}",
    help="Keep the best token for N.",
)
