"""Keep the nucleus: the smallest set of most probable tokens whose mass reaches p, renormalised.

Source: Holtzman et al. (2020), "The curious case of neural text degeneration".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def apply(log_probs_RV: Tensor, p: float) -> Tensor:
    """Return the log-probs with all but the nucleus at -inf; the best token always stays."""
    sorted_RV, order_RV = log_probs_RV.sort(dim=-1, descending=True, stable=True)
    probs_RV = sorted_RV.exp()
    # A token is needed while the mass of those before it has not reached p.
    mass_before_RV = probs_RV.cumsum(-1) - probs_RV
    sorted_RV = sorted_RV.masked_fill(mass_before_RV >= p, float("-inf"))
    return log_probs_RV.scatter(-1, order_RV, sorted_RV).log_softmax(-1)
