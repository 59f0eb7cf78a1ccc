"""Figures that several rooms derive from a loss."""

from __future__ import annotations

import math


def perplexity(nats: float) -> float:
    """Return exp(nats), the number of equally likely choices; inf if a float overflows."""
    try:
        return math.exp(nats)
    except OverflowError:
        return math.inf
