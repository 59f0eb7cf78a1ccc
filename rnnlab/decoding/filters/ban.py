"""Never write certain strings, such as "e|the": drop every token that would complete one.

A string that begins in the prompt is not completed, either. The end of the sentence adds no text
and stays possible. Source: the `bad_words` of constrained decoding, here by text instead of by
token: no other tokenisation of a string gets through.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import LogProbs, only
from rnnlab.decoding._values import parse_strings
from rnnlab.decoding.filters._pieces import Rules, containing, matching

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, strings: str, rows: Rows) -> LogProbs:
    """Return the log-probs, with -inf for tokens that complete one of the strings."""
    rules = _rules(tuple(rows.start.pieces), strings)
    is_kept_RV = np.ones(log_probs_RV.shape, dtype=np.bool_)
    for row, (_, tokens_N) in matching(rows, rules):
        is_kept_RV[row, tokens_N] = False
    return only(log_probs_RV, is_kept_RV)


@lru_cache(maxsize=16)
def _rules(pieces: tuple[str, ...], strings: str) -> Rules:
    return [rule for string in parse_strings(strings) for rule in containing(pieces, string)]


FILTER = Filter(
    kind="constraint",
    apply=apply,
    option="ban",
    value_type=str,
    neutral="",
    check=parse_strings,
    help='Strings that are never written, such as "e|the".',
)
