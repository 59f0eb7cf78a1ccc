"""The floor of a corpus: the lowest achievable loss on unseen text from a known source."""

from __future__ import annotations

from typing import NamedTuple


class Floor(NamedTuple):
    """The best results that any model can expect to achieve on unseen text from a source."""

    loss_nats: float
    """Lowest expected loss per target: the entropy of a character, or of a class given its text."""
    accuracy: float | None = None
    """Highest expected accuracy (Bayes accuracy); None for a language model."""
    blank_nats: float | None = None
    """Lowest expected loss of a model without memory, which only knows the frequencies of tokens;
    None if this is not a useful comparison."""

    def remembered(self, loss_nats: float) -> float | None:
        """Return the fraction of the gain from memory in a loss: 0 at `blank_nats`, 1 at the floor.

        None if the corpus has no `blank_nats`.
        """
        if self.blank_nats is None or self.blank_nats <= self.loss_nats:
            return None
        return (self.blank_nats - loss_nats) / (self.blank_nats - self.loss_nats)
