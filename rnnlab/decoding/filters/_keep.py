"""Selections of tokens that the truncating filters share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rnnlab.decoding._numbers import TOLERANCE, LogProbs, only


def keep_probable(log_probs_RV: LogProbs, threshold: float | npt.NDArray[np.float64]) -> LogProbs:
    """Return the log-probs without tokens below a probability; the best token always stays.

    threshold: one probability for all rows, or one per row [R, 1].
    """
    is_kept_RV = np.exp(log_probs_RV, dtype=np.float64) >= (1 - TOLERANCE) * threshold
    np.put_along_axis(is_kept_RV, log_probs_RV.argmax(-1)[:, None], True, axis=-1)
    return only(log_probs_RV, is_kept_RV)


def are_largest(
    values_RV: npt.NDArray[Any], threshold_R1: npt.NDArray[Any], num_R1: int | npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Return the mask [R, V] of the num_R1 largest values of each row; ties go to the lowest ids.

    threshold_R1: the num_R1-th largest value of each row. This is faster than a stable sort.
    """
    is_kept_RV: npt.NDArray[np.bool_] = values_RV >= threshold_R1
    if (is_kept_RV.sum(-1, keepdims=True) == num_R1).all():
        return is_kept_RV
    is_above_RV = values_RV > threshold_R1
    is_at_RV = values_RV == threshold_R1
    room_R1 = num_R1 - is_above_RV.sum(-1, keepdims=True)
    is_largest_RV: npt.NDArray[np.bool_] = is_above_RV | (
        is_at_RV & (is_at_RV.cumsum(-1) <= room_R1)
    )
    return is_largest_RV
