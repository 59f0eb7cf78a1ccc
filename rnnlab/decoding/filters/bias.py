"""Add a bias in nats to the tokens that complete a string, such as "e=-2|the=1.5".

A token completes a string if the text, including the prompt, then ends with the string. If a token
completes several strings, their biases add up. The end of the sentence completes no string. Source:
the `logit_bias` of OpenAI's API, here by text instead of by token.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import Ids, LogProbs, log_softmax
from rnnlab.decoding._values import parse_biases
from rnnlab.decoding.filters._pieces import completing, matching

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, biases: str, rows: Rows) -> LogProbs:
    """Return the log-probs with the biases added, renormalised."""
    rules = _rules(tuple(rows.start.pieces), biases)
    biased_RV = log_probs_RV.copy()
    for row, (_, tokens_N, nats) in matching(rows, rules):
        biased_RV[row, tokens_N] += nats
    return log_softmax(biased_RV)


@lru_cache(maxsize=16)
def _rules(pieces: tuple[str, ...], biases: str) -> list[tuple[str, Ids, float]]:
    return [
        (before, tokens_N, nats)
        for string, nats in parse_biases(biases).items()
        for before, tokens_N in completing(pieces, string)
    ]


FILTER = Filter(
    kind="penalty",
    apply=apply,
    option="bias",
    value_type=str,
    neutral="",
    check=parse_biases,
    help='Nats to add to tokens that complete a string: "e=-2|the=1.5".',
)
