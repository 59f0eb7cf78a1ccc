"""Datasets: the splits of a corpus, which yield reproducible batches of token ids.

Shapes: B sequences in a batch, T tokens in a sequence, V tokens in the vocabulary, E elements in a
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
"""Target of a padding position, which has no loss (torch's default ignore_index)."""


class Batch(NamedTuple):
    """Sequences for one training step or one forward pass."""

    inputs_BT: Ids
    """Ids of the input tokens."""
    targets: Ids
    """[B, T] ids of the next tokens, IGNORED at padding; or [B] ids of the documents' classes."""
    num_tokens: int
    """Number of targets that are not ignored."""
    is_start: bool
    """Whether the sequences begin here; otherwise they continue those of the previous batch."""
    lengths_B: Ids | None = None
    """Number of tokens of each document, without padding; None for a language model."""

    @property
    def num_read(self) -> int:
        """Number of input tokens, without padding."""
        return self.num_tokens if self.lengths_B is None else int(self.lengths_B.sum())


class Split(ABC):
    """One part of a corpus: for training, validation or test."""

    num_tokens: int
    """Number of targets in one pass: tokens of a language model, or documents of a classifier."""
    chars_per_token: float = 1.0
    """Mean number of characters per target, with one character for an end of sentence.

    It is 1 for documents. Bits per character = loss in bits / chars_per_token. Unknown words count
    with all their characters, although the model only predicts <unk>: many unknown words make the
    bits per character look too good.
    """

    @abstractmethod
    def num_batches(self) -> int:
        """Return the number of training batches of one epoch."""

    @abstractmethod
    def train_batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch from number `start` on.

        The order depends only on the seed and the epoch, so a resumed run has the same batches as
        an uninterrupted run.
        """

    @abstractmethod
    def eval_batches(self, max_tokens: int = 0) -> Iterator[Batch]:
        """Yield the whole split once, in a fixed order.

        max_tokens: yield only the first N tokens; 0 for all. The mean loss over these batches
        depends neither on the batch size nor on the length of the windows.
        """

    @abstractmethod
    def pieces(self, size: int, start: float = 0.0) -> Iterator[Batch]:
        """Yield the split in the order of its text, for a model that learns while it reads.

        size: tokens of a piece, the last excepted. Sentences and documents are not divided: a piece
        ends with the one that completes its size. start: where to begin, as a fraction of the
        split.
        """


class WordVectors(NamedTuple):
    """Initial word vectors, read from a file."""

    matrix: npt.NDArray[np.float32]
    """[V, E], one row per token of the vocabulary."""
    found: npt.NDArray[np.bool_]
    """[V] True if the file has the token; the vectors of all others are zero, or random and small.
    """


@dataclass(frozen=True)
class Dataset:
    """A corpus prepared for training."""

    vocabulary: Vocabulary
    splits: Mapping[SplitName, Split]
    notes: tuple[str, ...]
    """Messages for the user, for example about truncation and padding."""
    fingerprint: str
    """SHA-256 of the text; shows at a resume whether the text has changed."""
    unit: Unit = "letter"
    """What a target is; a loss is in nats per unit."""
    vectors: WordVectors | None = None
    """Initial word vectors; None if the settings name no file, or for a trained model."""
    floor: Floor | None = None
    """The lowest achievable loss on unseen text; None if unknown."""

    @property
    def held_out(self) -> Split:
        """The validation split; of a dataset without one, the train split."""
        return self.splits.get("val") or self.splits["train"]
