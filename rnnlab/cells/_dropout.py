"""Dropout that draws only from the caller's generator.

Shapes: B sequences, T steps, F features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def dropout(
    x: Tensor, rate: float, generator: torch.Generator | None, *, variational: bool = False
) -> Tensor:
    """Zero a fraction `rate` of the elements and scale the rest by 1 / (1 - rate).

    x: any shape; [B, T, F] if variational. generator: on x's device; not used if rate is 0.
    variational: use one mask [B, 1, F] at all steps of a row (Gal and Ghahramani 2016, "A
    theoretically grounded application of dropout in recurrent neural networks").
    """
    if rate == 0.0:
        return x
    shape = (x.shape[0], 1, *x.shape[2:]) if variational else x.shape
    # Scaling the mask instead of x saves one product in the forward and one in the backward pass.
    mask = _keep_mask(shape, rate, generator, x.device).to(x.dtype).mul_(1 / (1 - rate))
    return x * mask


def _keep_mask(
    shape: Sequence[int], rate: float, generator: torch.Generator | None, device: torch.device
) -> Tensor:
    """Return the boolean mask of the elements to keep; `rate` is rounded to 1/65,536.

    One 64-bit random word decides on four elements. This is three to five times as fast as
    `bernoulli_`, which would take a quarter of the time of a small LSTM's training step.
    """
    size = math.prod(shape)
    words = torch.empty((size + 3) // 4, dtype=torch.int64, device=device)
    words.random_(-(2**63), None, generator=generator)
    return words.view(torch.int16)[:size].view(shape) >= min(round(rate * 2**16), 2**16 - 1) - 2**15
