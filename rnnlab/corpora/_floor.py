"""The least that a model can lose on a text whose source we know."""

from __future__ import annotations

from typing import NamedTuple


class Floor(NamedTuple):
    """What the best model there can be reaches on fresh text of a source, on average."""

    loss_nats: float
    """Smallest expected loss of a target: the entropy of a letter, or of a class given its text."""
    accuracy: float | None = None
    """Largest expected share of classes found rightly (Bayes accuracy); None for letters."""
    blank_nats: float | None = None
    """Smallest expected loss of a model that knows how often what comes, but remembers nothing;
    None where that tells little."""

    def remembered(self, loss_nats: float) -> float | None:
        """Return the share of what memory can win that a loss has won: 0 blank, 1 at the floor."""
        if self.blank_nats is None or self.blank_nats <= self.loss_nats:
            return None
        return (self.blank_nats - loss_nats) / (self.blank_nats - self.loss_nats)
