"""What a task makes of a text: splits of ids that give batches, the same ones every time.

Shapes: B sequences of a batch, T tokens of each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rnnlab.corpora._vocabulary import Ids, Vocabulary

SplitName = Literal["train", "val", "test"]

IGNORED = -100
"""Target of a padded place: no loss is taken there (torch's default ignore_index)."""


class Batch(NamedTuple):
    """Sequences to be trained on or measured at once."""

    inputs_BT: Ids
    """Tokens read."""
    targets_BT: Ids
    """Tokens to be predicted; IGNORED where there is none."""
    num_tokens: int
    """Targets that are not ignored."""
    is_start: bool
    """Whether the sequences start here; otherwise they go on from the batch before."""


class Split(ABC):
    """One part of a text: for training, validation or the test."""

    num_tokens: int
    """Tokens predicted in one pass."""

    @abstractmethod
    def num_batches(self) -> int:
        """Return the number of training batches of one epoch."""

    @abstractmethod
    def train_batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of an epoch from number `start` on.

        The order depends on the settings' seed, the epoch and nothing else, so that a resumed run
        sees what an uninterrupted one would have seen.
        """

    @abstractmethod
    def eval_batches(self, max_tokens: int = 0) -> Iterator[Batch]:
        """Give the whole split once, in order and free of chance; 0: no limit.

        The mean loss over these batches depends neither on the batch size nor on the window.
        """


@dataclass(frozen=True)
class Dataset:
    """A text made ready for training."""

    vocabulary: Vocabulary
    splits: Mapping[SplitName, Split]
    notes: tuple[str, ...]
    """What the user should know: what was cut, how much padding there is."""
    fingerprint: str
    """SHA-256 of the text, to tell on resume that it is the same."""
