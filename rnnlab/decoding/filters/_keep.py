"""Which tokens stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rnnlab.decoding._numbers import LogProbs, only


def keep_probable(log_probs_RV: LogProbs, bar: float | npt.NDArray[np.float64]) -> LogProbs:
    """Return the log-probs of tokens of at least a probability; the best token always stays.

    bar: one for all rows, or one a row [R, 1].
    """
    is_kept_RV = np.exp(log_probs_RV, dtype=np.float64) >= bar
    np.put_along_axis(is_kept_RV, log_probs_RV.argmax(-1)[:, None], True, axis=-1)
    return only(log_probs_RV, is_kept_RV)


def are_largest(
    values_RV: npt.NDArray[Any], bar_R1: npt.NDArray[Any], num_R1: int | npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Tell which are the so many largest of each row; of equal ones those of the lowest ids.

    bar_R1: the last value that is among them. Cheaper than a stable sort of a whole vocabulary.
    """
    is_kept_RV: npt.NDArray[np.bool_] = values_RV >= bar_R1
    if (is_kept_RV.sum(-1, keepdims=True) == num_R1).all():
        return is_kept_RV
    is_above_RV = values_RV > bar_R1
    is_at_RV = values_RV == bar_R1
    room_R1 = num_R1 - is_above_RV.sum(-1, keepdims=True)
    is_largest_RV: npt.NDArray[np.bool_] = is_above_RV | (
        is_at_RV & (is_at_RV.cumsum(-1) <= room_R1)
    )
    return is_largest_RV
