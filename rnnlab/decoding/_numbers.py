"""Arithmetic of log-probs in numpy; minus infinity means an impossible token, not an error.

Shapes: R rows, V tokens of the vocabulary, N values.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
LogProbs = npt.NDArray[Any]
"""Log-probs [..., V] in nats, float32 or float64."""

NEVER = float("-inf")
TOLERANCE = 1e-6
"""What a probability or a sum of probabilities may lack to reach a threshold of a filter: log-probs
have single precision, and 0.5 + 0.3 would not reach 0.8."""


def log_softmax(logits_RV: LogProbs) -> LogProbs:
    """Return the log-probs of logits; a row that is -inf everywhere stays so."""
    best_R1 = logits_RV.max(-1, keepdims=True)
    is_dead_R1 = best_R1 == NEVER
    has_dead = is_dead_R1.any()
    if has_dead:
        best_R1[is_dead_R1] = 0.0
    normalised_RV: LogProbs = logits_RV - best_R1
    mass_R1 = np.exp(normalised_RV).sum(-1, keepdims=True)
    if has_dead:
        mass_R1[is_dead_R1] = 1.0
    normalised_RV -= np.log(mass_R1)
    return normalised_RV


def only(log_probs_RV: LogProbs, is_kept_RV: npt.NDArray[np.bool_]) -> LogProbs:
    """Return renormalised log-probs, with minus infinity for tokens outside the mask."""
    kept_RV = log_probs_RV.copy()
    kept_RV[~is_kept_RV] = NEVER
    return log_softmax(kept_RV)


def entropy(log_probs_RV: LogProbs) -> npt.NDArray[np.float64]:
    """Return the entropy [R] of each row in nats."""
    probs_RV = np.exp(log_probs_RV.astype(np.float64))
    surprise_RV = np.where(probs_RV > 0.0, -log_probs_RV, 0.0)
    total: npt.NDArray[np.float64] = (probs_RV * surprise_RV).sum(-1)
    return total


def best_first(log_probs_RV: LogProbs) -> Ids:
    """Return the token ids of each row, the most probable first; ties go to the lowest id."""
    order: Ids = np.argsort(-log_probs_RV, axis=-1, kind="stable")
    return order


def largest(values_N: npt.NDArray[Any], num: int) -> Ids:
    """Return the indices of the `num` largest values, largest first; ties go to the lower index."""
    if num < len(values_N):
        partitioned_N = values_N.copy()
        partitioned_N.partition(len(values_N) - num)
        threshold = partitioned_N[len(values_N) - num]
        places: Ids = (values_N >= threshold).nonzero()[0]
        return places[(-values_N[places]).argsort(kind="stable")[:num]]
    return (-values_N).argsort(kind="stable")
