"""Dropout whose randomness is the caller's generator alone.

Shapes: B sequences, T steps, F features.
"""

from __future__ import annotations

import torch
from torch import Tensor


def dropout(
    x: Tensor, share: float, generator: torch.Generator | None, *, variational: bool = False
) -> Tensor:
    """Zero a share of the elements and scale the rest so that the mean stays (inverted dropout).

    x: any shape; [B, T, F] where variational. generator: on x's device; not drawn from at share 0.
    variational: one mask [B, 1, F] for all steps of a row (Gal and Ghahramani 2016, "A
    theoretically grounded application of dropout in recurrent neural networks").
    """
    if share == 0.0:
        return x
    shape = (x.shape[0], 1, *x.shape[2:]) if variational else x.shape
    # Scaled here, the mask costs x one product forward and one backward.
    mask = x.new_empty(shape).bernoulli_(1 - share, generator=generator).div_(1 - share)
    return x * mask
