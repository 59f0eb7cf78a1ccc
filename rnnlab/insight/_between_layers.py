"""How much of the gradient comes down to the first layer, from norms by parameter."""

from __future__ import annotations

import re
from collections.abc import Mapping

_RECURRENT = re.compile(r"(?:^|\.)weight_[hi]h_l(\d+)$")


def layer_norms(grad_norms: Mapping[str, float | None]) -> dict[int, float]:
    """Return the norm of each layer's recurrent weights, or of its input's where it has none."""
    found: dict[int, float] = {}
    for name, norm in grad_norms.items():
        match = _RECURRENT.search(name)
        if match and norm is not None and ("weight_hh" in name or int(match[1]) not in found):
            found[int(match[1])] = norm
    return found


def first_share(norms: Mapping[int, float]) -> float | None:
    """Return the first layer's norm over the top one's; None where the top one has none."""
    top = norms[max(norms)] if norms else 0.0
    return norms[min(norms)] / top if top else None
