"""Keep the k most probable tokens, renormalised; of equal ones the lower ids.

Source: Fan et al. (2018), "Hierarchical neural story generation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def apply(log_probs_RV: Tensor, k: float) -> Tensor:
    """Return the log-probs with all but the k best at -inf."""
    order_RV = log_probs_RV.argsort(dim=-1, descending=True, stable=True)
    dropped_RV = order_RV[:, int(k) :]
    return log_probs_RV.scatter(-1, dropped_RV, float("-inf")).log_softmax(-1)
