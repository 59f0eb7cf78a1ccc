"""Begin the continuation with a given text, in any tokenisation.

Until this prefix is complete, only tokens that write its next characters are kept (the last token
may write more), and the sentence cannot end. Source: prefix-constrained decoding, Wuebker et al.
(2016), "Models and inference for prefix-constrained machine translation".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import LogProbs, only
from rnnlab.decoding.filters._pieces import beginning

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows

_beginning = lru_cache(maxsize=64)(beginning)


def apply(log_probs_RV: LogProbs, prefix: str, rows: Rows) -> LogProbs:
    """Return the log-probs, with -inf for tokens that do not continue the prefix."""
    pieces = tuple(rows.start.pieces)
    is_kept_RV = np.ones(log_probs_RV.shape, dtype=np.bool_)
    for row in range(len(rows)):
        # Every kept token adds a character: after len(prefix) tokens the prefix is complete.
        if rows.written(row) >= len(prefix):
            continue
        written = rows.continuation(row)
        if written.startswith(prefix):
            continue
        is_kept_RV[row] = False
        if prefix.startswith(written):
            is_kept_RV[row, _beginning(pieces, prefix[len(written) :])] = True
    return only(log_probs_RV, is_kept_RV)


FILTER = Filter(
    kind="constraint",
    apply=apply,
    option="prefix",
    value_type=str,
    neutral="",
    help="Text with which the continuation begins.",
)
