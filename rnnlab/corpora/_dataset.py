"""Datasets: the splits of a corpus, which yield reproducible batches of token ids.

Shapes: B sequences of a batch, T tokens of each, V tokens of the vocabulary, E elements of a
vector.
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
"""Target of padding, without a loss (torch's default ignore_index)."""


class Batch(NamedTuple):
    """Sequences for one training step or one forward pass."""

    inputs_BT: Ids
    """Input tokens."""
    targets: Ids
    """[B, T] next tokens, IGNORED for padding; or [B] classes of documents."""
    num_tokens: int
    """Number of targets that are not ignored."""
    is_start: bool
    """Whether the sequences start here; otherwise they continue the previous batch."""
    lengths_B: Ids | None = None
    """Number of tokens of each document, without padding; None for a language model."""

    @property
    def num_read(self) -> int:
        """Number of input tokens, without padding."""
        return self.num_tokens if self.lengths_B is None else int(self.lengths_B.sum())


class Split(ABC):
    """One part of a corpus: for training, validation or test."""

    num_tokens: int
    """Number of targets in one pass: tokens, or documents."""
    chars_per_token: float = 1.0
    """Mean characters per target, an end of sentence counting as one; 1 for a document.

    bits per character = loss in bits / chars_per_token. The characters of an unknown word count,
    although the model only predicts <unk>: many unknown words make the result look too good.
    """

    @abstractmethod
    def num_batches(self) -> int:
        """Return the number of training batches of one epoch."""

    @abstractmethod
    def train_batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch from number `start` on.

        The order depends only on the seed and the epoch, so that a resumed run has the same batches
        as an uninterrupted one.
        """

    @abstractmethod
    def eval_batches(self, max_tokens: int = 0) -> Iterator[Batch]:
        """Yield the whole split once, in a fixed order.

        max_tokens: yield only the first N tokens; 0 for all. The mean loss over these batches
        depends neither on the batch size nor on the window.
        """


class WordVectors(NamedTuple):
    """Initial word vectors, read from a file."""

    matrix: npt.NDArray[np.float32]
    """[V, E], one row per token of the vocabulary."""
    found: npt.NDArray[np.bool_]
    """[V] True if the file has the word; other rows are zero or small and random."""


@dataclass(frozen=True)
class Dataset:
    """A corpus prepared for training."""

    vocabulary: Vocabulary
    splits: Mapping[SplitName, Split]
    notes: tuple[str, ...]
    """Messages for the user, such as on truncation and padding."""
    fingerprint: str
    """SHA-256 of the text, to check on resume that it has not changed."""
    unit: Unit = "letter"
    """The unit of a target."""
    vectors: WordVectors | None = None
    """Initial word vectors; None if the settings name no file, or for a trained model."""
    floor: Floor | None = None
    """The lowest achievable loss on unseen text; None if unknown."""
