"""The cross-entropy of a training step, in our kernel or in torch.

Shapes: N targets, C classes or tokens.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from rnnlab.corpora import IGNORED
from rnnlab.native import Kernels


class Losses(NamedTuple):
    """Mean cross-entropy, in nats, over the targets that are not padding; NaN without any."""

    objective: Tensor
    """With label smoothing: what a training step minimises."""
    loss: Tensor
    """Without label smoothing; detached."""


def cross_entropy(
    kernels: Kernels | None, logits_NC: Tensor, targets_N: Tensor, label_smoothing: float = 0.0
) -> Losses:
    """Return the mean losses of logits, computed by the kernels unless they are None.

    The kernel computes both losses and the gradient in one pass; they have the same bits for any
    number of threads. It cannot be differentiated twice. Raises IndexError for a target that is
    neither a class nor padding.
    """
    if kernels is not None:
        return Losses(
            *_CrossEntropy.apply(  # type: ignore[no-untyped-call]
                kernels, logits_NC, targets_N, label_smoothing
            )
        )
    loss = objective = F.cross_entropy(logits_NC, targets_N, ignore_index=IGNORED)
    if label_smoothing:
        objective = F.cross_entropy(
            logits_NC, targets_N, ignore_index=IGNORED, label_smoothing=label_smoothing
        )
    return Losses(objective, loss.detach())


class _CrossEntropy(torch.autograd.Function):
    """Objective and loss. The forward pass has the gradient at hand, so it also computes that."""

    @staticmethod
    def forward(
        ctx: Any, kernels: Kernels, logits_NC: Tensor, targets_N: Tensor, smoothing: float
    ) -> tuple[Tensor, Tensor]:
        rows = kernels.losses.cross_entropy(
            logits_NC.detach().contiguous().numpy(), targets_N.contiguous().numpy(), IGNORED,
            smoothing=smoothing, wants_gradient=ctx.needs_input_grad[1],
        )  # fmt: skip
        ctx.gradient_NC = rows.gradient
        objective, loss = (
            torch.tensor(losses.sum() / rows.num_targets if rows.num_targets else torch.nan)
            for losses in (rows.objectives, rows.losses)
        )
        objective, loss = objective.float(), loss.float()
        ctx.mark_non_differentiable(loss)
        return objective, loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        gradient_NC = torch.from_numpy(ctx.gradient_NC)
        scale = float(grads[0])
        return None, gradient_NC if scale == 1.0 else gradient_NC * scale, None, None
