"""What a task makes of a text: splits of ids that give batches, the same ones every time.

Shapes: B sequences of a batch, T tokens of each, V tokens of the vocabulary, E numbers of a vector.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from rnnlab.corpora._floor import Floor
from rnnlab.corpora._vocabulary import Ids, Vocabulary

SplitName = Literal["train", "val", "test"]
Unit = Literal["letter", "word", "document"]

IGNORED = -100
"""Target of a padded place: no loss is taken there (torch's default ignore_index)."""


class Batch(NamedTuple):
    """Sequences to be trained on or measured at once."""

    inputs_BT: Ids
    """Tokens read."""
    targets: Ids
    """[B, T] tokens to be predicted, IGNORED where there is none; or [B] classes of documents."""
    num_tokens: int
    """Targets that are not ignored."""
    is_start: bool
    """Whether the sequences start here; otherwise they go on from the batch before."""
    lengths_B: Ids | None = None
    """Tokens of each document, the rest of its row is padding; None where no class is predicted."""

    @property
    def num_read(self) -> int:
        """Tokens read, padding left out."""
        return self.num_tokens if self.lengths_B is None else int(self.lengths_B.sum())


class Split(ABC):
    """One part of a text: for training, validation or the test."""

    num_tokens: int
    """Targets in one pass: tokens predicted, or documents."""
    chars_per_token: float = 1.0
    """Letters of a target on average, an end of sentence being one; 1 for a document.

    bits per character = loss in bits / letters. The letters of an unknown word count, although the
    model is only asked for <unk>: with many of them the figure flatters.
    """

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
        """Give the whole split once, in order and free of chance; 0: no limit to tokens read.

        The mean loss over these batches depends neither on the batch size nor on the window.
        """


class WordVectors(NamedTuple):
    """Vectors to begin with, read from a file."""

    matrix: npt.NDArray[np.float32]
    """[V, E], a row for each token of the vocabulary."""
    found: npt.NDArray[np.bool_]
    """[V] whether the file has the word; other rows are zero or small and random."""


@dataclass(frozen=True)
class Dataset:
    """A text made ready for training."""

    vocabulary: Vocabulary
    splits: Mapping[SplitName, Split]
    notes: tuple[str, ...]
    """What the user should know: what was cut, how much padding there is."""
    fingerprint: str
    """SHA-256 of the text, to tell on resume that it is the same."""
    unit: Unit = "letter"
    """What one target is."""
    vectors: WordVectors | None = None
    """Vectors to begin with; None where none are asked for or the weights are there already."""
    floor: Floor | None = None
    """What the best model reaches on fresh text of this source; None where it is not known."""
