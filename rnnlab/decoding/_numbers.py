"""Arithmetic of log-probs in numpy; minus infinity is a token that cannot come, never an error.

Shapes: R rows, V tokens of the vocabulary, N values.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
LogProbs = npt.NDArray[Any]
"""float32 or float64, [..., V]."""

NEVER = float("-inf")


def log_softmax(logits_RV: LogProbs) -> LogProbs:
    """Return the log-probs of logits; a row without a possible token stays without one."""
    best_R1 = logits_RV.max(-1, keepdims=True)
    shifted_RV = logits_RV - np.where(best_R1 == NEVER, 0.0, best_R1).astype(logits_RV.dtype)
    mass_R1 = np.exp(shifted_RV).sum(-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        found_RV = shifted_RV - np.log(mass_R1)
    return np.where(mass_R1 > 0.0, found_RV, NEVER).astype(logits_RV.dtype)


def only(log_probs_RV: LogProbs, is_kept_RV: npt.NDArray[np.bool_]) -> LogProbs:
    """Return the log-probs with all other tokens at minus infinity, renormalised."""
    return log_softmax(np.where(is_kept_RV, log_probs_RV, NEVER).astype(log_probs_RV.dtype))


def entropy(log_probs_RV: LogProbs) -> npt.NDArray[np.float64]:
    """Return the entropy [R] of each row in nats."""
    probs_RV = np.exp(log_probs_RV.astype(np.float64))
    surprise_RV = np.where(probs_RV > 0.0, -log_probs_RV, 0.0)
    total: npt.NDArray[np.float64] = (probs_RV * surprise_RV).sum(-1)
    return total


def best_first(log_probs_RV: LogProbs) -> Ids:
    """Return the tokens of each row, the most probable first; of equal ones the lowest id."""
    order: Ids = np.argsort(-log_probs_RV, axis=-1, kind="stable")
    return order


def largest(values_N: npt.NDArray[Any], num: int) -> Ids:
    """Return the places of the `num` largest values, best first; of equal ones the first place."""
    if num < len(values_N):
        bar = np.partition(values_N, len(values_N) - num)[len(values_N) - num]
        places = np.flatnonzero(values_N >= bar)
        order = np.argsort(-values_N[places], kind="stable")[:num]
        return places[order]
    return np.argsort(-values_N, kind="stable")
