"""Divide the logits by a temperature: log p / T, renormalised."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def apply(log_probs_RV: Tensor, temperature: float) -> Tensor:
    """Return log-probs proportional to p^(1/T)."""
    return (log_probs_RV / temperature).log_softmax(-1)
