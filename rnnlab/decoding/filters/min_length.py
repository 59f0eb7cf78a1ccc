"""Do not end the sentence before N tokens are written.

Source: the `min_length` of the translator of Klein et al. (2017), "OpenNMT".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import NEVER, LogProbs, log_softmax

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, num: int, rows: Rows) -> LogProbs:
    """Return the log-probs, with -inf for the end of the sentence in rows that are too short."""
    kept_RV = log_probs_RV.copy()
    if rows.start.eos is not None:
        is_short_R = [rows.written(row) < num for row in range(len(rows))]
        kept_RV[is_short_R, rows.start.eos] = NEVER
    return log_softmax(kept_RV)


FILTER = Filter(
    kind="constraint",
    apply=apply,
    option="min_length",
    value_type=int,
    neutral=0,
    limits={"ge": 0},
    needs_eos=True,
    help="Do not end the sentence before N tokens are written.",
)
