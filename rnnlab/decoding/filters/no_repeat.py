"""Never write the same n consecutive tokens twice, counting the prompt.

The end of the sentence stays possible. Source: Paulus et al. (2018), "A deep reinforced model for
abstractive summarization", section 2.5.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import LogProbs, only

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, n: int, rows: Rows) -> LogProbs:
    """Return the log-probs, with -inf for tokens that would repeat an n-gram of the text."""
    is_kept_RV = np.ones(log_probs_RV.shape, dtype=np.bool_)
    for row in range(len(rows)):
        tokens_T = np.array(rows.recent(row, sys.maxsize), dtype=np.int64)
        if len(tokens_T) < n:
            continue
        ngrams_Nn = np.lib.stride_tricks.sliding_window_view(tokens_T, n)
        is_same_N = (ngrams_Nn[:, :-1] == tokens_T[len(tokens_T) - n + 1 :]).all(-1)
        is_kept_RV[row, ngrams_Nn[is_same_N, -1]] = False
    if rows.start.eos is not None:
        is_kept_RV[:, rows.start.eos] = True
    return only(log_probs_RV, is_kept_RV)


FILTER = Filter(
    kind="constraint",
    apply=apply,
    option="no_repeat",
    value_type=int,
    neutral=0,
    limits={"ge": 0, "le": 1000},
    help="Never write the same N consecutive tokens twice (0: off).",
)
