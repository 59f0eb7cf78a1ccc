"""The update of the weights after each piece of the text.

Krause, Kahembwe, Murray and Renals 2018 (arXiv 1709.07432), the rule of their section 4: a step of
RMSprop whose mean squares were measured on the training text, and a decay towards the trained
weights, which is stronger where gradients are large. Here, the root mean squares are divided by
their mean over all weights, so that settings mean the same for every model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

_EPSILON = 0.1
"""Added to the relative root mean square: weights that hardly ever learn take no huge steps."""


class DynamicSettings(NamedTuple):
    """How a model learns while it reads."""

    lr: float
    """Learning rate; 0 leaves the weights unchanged."""
    decay: float
    """Fraction of the distance to the trained weights that a mean weight loses at each piece."""
    window: int
    """Tokens of a piece."""


def default_window(kind: str) -> int:
    """Return the usual number of tokens of a piece: kind is `chars` or of words."""
    return 20 if kind == "chars" else 5


class Rule:
    """Updates weights from their gradients, and puts the trained weights back."""

    def __init__(
        self, weights: Mapping[str, Tensor], mean_squares: Mapping[str, Tensor] | None
    ) -> None:
        """weights: trained weights, by name; they are changed in place.

        mean_squares: of each weight's gradient; None if all weights are to learn alike.
        """
        self._weights = [weight.detach() for weight in weights.values()]
        self._trained = [weight.clone() for weight in self._weights]
        roots = [
            torch.ones_like(weight) if mean_squares is None else mean_squares[name].sqrt()
            for name, weight in weights.items()
        ]
        self._scale = _mean(roots)
        self._relative = [root / self._scale for root in roots]

    def update(self, gradients: Iterable[Tensor], settings: DynamicSettings) -> None:
        """Take one step from gradients in the order of the weights."""
        for weight, trained, relative, gradient in zip(
            self._weights, self._trained, self._relative, gradients, strict=True
        ):
            step = gradient / ((relative + _EPSILON) * self._scale)
            share = (settings.decay * relative).clamp(max=1.0)
            weight.add_((trained - weight) * share).sub_(step, alpha=settings.lr)

    def restore(self) -> None:
        """Put the trained weights back."""
        for weight, trained in zip(self._weights, self._trained, strict=True):
            weight.copy_(trained)


def _mean(roots: list[Tensor]) -> float:
    """Return the mean over all elements; 1 if all are zero."""
    total = sum(float(root.sum(dtype=torch.float64)) for root in roots)
    return total / sum(root.numel() for root in roots) or 1.0
