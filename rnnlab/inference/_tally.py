"""The interface of an engine that adds up the losses of batches."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from rnnlab.corpora import Batch


class Sums(NamedTuple):
    """Sums over the batches of a split."""

    loss_nats: float
    num_correct: int
    confusion: list[list[int]] | None
    """Documents by actual (row) and predicted class (column); None for a language model."""


class Tally(Protocol):
    """Adds up the losses of batches; the state of a text is carried from batch to batch."""

    def add(self, batch: Batch) -> None:
        """Run the model on a batch, and add its losses."""

    def sums(self) -> Sums:
        """Return the sums over all batches so far."""
