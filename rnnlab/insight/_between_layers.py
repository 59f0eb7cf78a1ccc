"""How much of the gradient reaches the first layer: its norm there over its norm at the top."""

from __future__ import annotations

import re
from collections.abc import Mapping

_RECURRENT = re.compile(r"(?:^|\.)weight_[hi]h_l(\d+)$")


def layer_norms(grad_norms: Mapping[str, float | None]) -> dict[int, float]:
    """Return layer number -> norm of the gradient of its recurrent weights.

    For a layer without recurrent weights, use the norm of its input weights' gradient.
    """
    by_layer: dict[int, float] = {}
    for name, norm in grad_norms.items():
        match = _RECURRENT.search(name)
        if match and norm is not None and ("weight_hh" in name or int(match[1]) not in by_layer):
            by_layer[int(match[1])] = norm
    return by_layer


def first_to_top(norms: Mapping[int, float]) -> float | None:
    """Return the first layer's norm divided by the top layer's; None if the top norm is 0.

    norms: layer number -> norm; if it is empty, the result is None, too.
    """
    top = norms[max(norms)] if norms else 0.0
    return norms[min(norms)] / top if top else None
