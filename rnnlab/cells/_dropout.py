"""Dropout whose randomness is the caller's generator alone.

Shapes: B sequences, T steps, F features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

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
    mask = _kept(shape, share, generator, x.device).to(x.dtype).mul_(1 / (1 - share))
    return x * mask


def _kept(
    shape: Sequence[int], share: float, generator: torch.Generator | None, device: torch.device
) -> Tensor:
    """Return which elements stay; `share` is rounded to 1/65,536.

    One random word decides four elements: three to five times as fast as `bernoulli_`, which
    draws one for each and would take a quarter of a small LSTM's step.
    """
    size = math.prod(shape)
    words = torch.empty((size + 3) // 4, dtype=torch.int64, device=device)
    words.random_(-(2**63), None, generator=generator)
    return (
        words.view(torch.int16)[:size].view(shape) >= min(round(share * 2**16), 2**16 - 1) - 2**15
    )
