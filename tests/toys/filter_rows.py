"""Rows, each with its prompt and continuation, for tests of filters.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlab.decoding import FILTERS, LogProbs, Prompt, Rows, SearchStart, empty_hypothesis

Apply = Callable[[LogProbs, Any, Rows], LogProbs]
EOS = 0
PIECES = ("", "a", "b", "e", "th", " the", "ab", "h", " ", "ba", "\n", "he")
LAST = 4
"""Number of last tokens that the penalties count here."""


@dataclass(frozen=True)
class Row:
    """A distribution after a prompt and a continuation."""

    logits: tuple[float, ...]
    prompt: tuple[int, ...] = ()
    written: tuple[int, ...] = ()

    @property
    def tokens(self) -> tuple[int, ...]:
        return self.prompt + self.written


def text(tokens: Sequence[int]) -> str:
    return "".join(PIECES[token] for token in tokens)


def rows_of(rows: Sequence[Row]) -> Rows:
    hypotheses = []
    for number, row in enumerate(rows):
        hypothesis = empty_hypothesis(number)
        for token in row.written:
            hypothesis = hypothesis.extended(token, -1.0, -1.0, None)
        hypotheses.append(hypothesis)
    prompts = [Prompt(row.prompt) for row in rows]
    start = SearchStart(np.empty((0, 0)), None, EOS, prompts, PIECES[: len(rows[0].logits)])
    return Rows(hypotheses, start, LAST)


def log_probs(rows: Sequence[Row], dtype: type = np.float64) -> LogProbs:
    logits_RV = np.array([row.logits for row in rows], dtype=np.float64)
    best_R1 = logits_RV.max(-1, keepdims=True)
    shifted_RV = logits_RV - np.where(best_R1 == -np.inf, 0.0, best_R1)
    mass_R1 = np.exp(shifted_RV).sum(-1, keepdims=True)
    return (shifted_RV - np.log(np.where(mass_R1 == 0, 1.0, mass_R1))).astype(dtype)


def load_filter(name: str) -> Apply:
    return FILTERS[name].apply


def kept_tokens(name: str, value: Any, logits: Sequence[float]) -> list[int]:
    """Return the tokens that a filter leaves of a distribution after an empty text."""
    row = Row(tuple(logits))
    filtered_1V = load_filter(name)(log_probs([row]), value, rows_of([row]))
    return np.flatnonzero(filtered_1V[0] > -math.inf).tolist()
