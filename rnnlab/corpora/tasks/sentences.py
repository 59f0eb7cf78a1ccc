"""Sentences of variable length, each starting afresh, ending in EOS and padded to the longest.

A sentence s_1 ... s_n is read as EOS s_1 ... s_n and predicts s_1 ... s_n EOS: EOS is the boundary
between sentences, so that a model can also start one. Batches are made of sentences of like length,
so that little is padded. A padded place is read as EOS and has no target: the loss is averaged over
real tokens only, and no probability is wasted on a token that never comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._batching import Buckets, sorted_order
from rnnlab.corpora._dataset import IGNORED, Batch, Dataset, Split, SplitName, Unit
from rnnlab.corpora._encoding import Progress, silent
from rnnlab.corpora._index import Encoded, Indexed
from rnnlab.corpora._long import LongText, index_text, open_text
from rnnlab.corpora._notes import unknown_note
from rnnlab.corpora._tokens import EOS, UNK
from rnnlab.corpora._vectors import initial_vectors
from rnnlab.corpora._vocabulary import Ids, Vocabulary
from rnnlab.settings.run_config import RunConfig

_EVAL_BATCH = 256
_EVAL_PLACES = 16_384
"""Tokens of a batch when measuring, padding included: bounds the memory of its states."""
_EVAL_LOGITS = 2**24
"""Most logits of such a batch: bounds their memory where many words are known."""


class _Sentences(NamedTuple):
    """Encoded sentences of one split."""

    ids: Encoded
    """Of all splits, end to end."""
    starts: Ids
    """Where each sentence begins in `ids`."""
    lengths: Ids
    """Tokens kept of each sentence."""
    is_whole: npt.NDArray[np.bool_]
    """Whether a sentence was kept to its end; a cut one predicts no EOS."""


class SentenceSplit(Split):
    """Sentences in batches of like length."""

    def __init__(
        self,
        sentences: _Sentences,
        vocabulary: Vocabulary,
        config: RunConfig,
        chars_per_token: float = 1.0,
    ) -> None:
        assert vocabulary.eos is not None
        self._sentences = sentences
        self._eos = vocabulary.eos
        self._eval_places = min(_EVAL_PLACES, _EVAL_LOGITS // len(vocabulary))
        self._lengths = sentences.lengths + 1
        """Places of each sentence with the EOS read before it."""
        self._buckets = Buckets(self._lengths, config.batch, config.seed)
        self.chars_per_token = chars_per_token
        self.num_tokens = int(sentences.lengths.sum() + sentences.is_whole.sum())

    def num_batches(self) -> int:
        """Return the number of batches of one epoch; the last may be smaller."""
        return self._buckets.num_batches()

    def train_batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Give the sentences in an order of their own for each epoch."""
        for rows in self._buckets.order(epoch)[start:]:
            yield self._padded(rows)

    def eval_batches(self, max_tokens: int = 0) -> Iterator[Batch]:
        """Give the first sentences of the split that hold `max_tokens`, all for 0."""
        for rows in sorted_order(self._lengths, max_tokens, _EVAL_BATCH, self._eval_places):
            yield self._padded(rows)

    def padding(self) -> float:
        """Return the share of padded places in the batches of the first epoch."""
        return self._buckets.padding()

    def _padded(self, rows: Ids) -> Batch:
        ids, starts, lengths, is_whole = self._sentences
        shape = len(rows), int(self._lengths[rows].max())
        inputs_BT = np.full(shape, self._eos, dtype=np.int64)
        targets_BT = np.full(shape, IGNORED, dtype=np.int64)
        for i, row in enumerate(rows):
            length = lengths[row]
            sentence = ids[starts[row] : starts[row] + length]
            inputs_BT[i, 1 : length + 1] = sentence
            targets_BT[i, :length] = sentence
            if is_whole[row]:
                targets_BT[i, length] = self._eos
        num_tokens = int(lengths[rows].sum() + is_whole[rows].sum())
        return Batch(inputs_BT, targets_BT, num_tokens, is_start=True)


def read(file: Path, config: RunConfig, progress: Progress = silent) -> str | LongText:
    """Return the text of a file, the first `limit_chars` of it where there is a limit."""
    return open_text(file, config.limit_chars, progress)


def check(text: str | LongText, config: RunConfig) -> None:
    """Raise BadInputError when `build` would; the vectors are checked elsewhere."""
    build(text, None, config.model_copy(update={"embeddings": None}))


def build(text: str | LongText, vocabulary: Vocabulary | None, config: RunConfig) -> Dataset:
    """Cut a text into sentences, the last held out; raises BadInputError when there are too few.

    The letters of a vocabulary are counted in all sentences, its words in those to train on.
    """
    kind = vocabulary.kind if vocabulary else config.tokens
    alphabet = vocabulary.alphabet if vocabulary else config.alphabet
    unit: Unit = "letter" if kind == "chars" else "word"
    indexed, mark = index_text(text, "sentences", kind, alphabet)
    starts = indexed.starts
    parts = _cut(indexed, config)
    spans = {
        name: slice(int(starts[rows.start]), int(starts[rows.stop])) for name, rows in parts.items()
    }
    is_new = vocabulary is None
    if vocabulary is None:
        specials = (EOS,) if kind == "chars" else (EOS, UNK)
        counts = indexed.occurring() if kind == "chars" else indexed.counts(spans["train"])
        empty = Vocabulary(specials, kind, alphabet)
        vocabulary = indexed.extend(empty, counts, config.vocab_size)
    if vocabulary.eos is None:
        raise BadInputError("the vocabulary has no end of sentence", "it is of another task")
    ids = indexed.lazily(vocabulary)
    splits = {
        name: _make_split(indexed, ids, rows, vocabulary, config) for name, rows in parts.items()
    }
    notes = [
        f"{len(starts) - 1:,} sentences, {len(vocabulary):,} tokens; "
        f"{parts['train'].stop:,} to train on; "
        f"{splits['train'].padding():.1%} of a batch is padding"
        + unknown_note(vocabulary, indexed, spans),
        *_cut_note(np.diff(starts), config.length, unit),
    ]
    vectors = None
    if is_new:
        vectors, coverage = initial_vectors(config, vocabulary, indexed, spans["train"])
        notes += coverage
    return Dataset(vocabulary, splits, tuple(notes), mark, unit, vectors)


def _cut(indexed: Indexed, config: RunConfig) -> dict[SplitName, slice]:
    """Return which sentences each split has; raises BadInputError when there are too few."""
    size = len(indexed.starts) - 1
    num_val, num_test = int(size * config.val_fraction), int(size * config.test_fraction)
    num_train = size - num_val - num_test
    if num_val < 1 or num_train < 2 or (config.test_fraction and num_test < 1):
        ends = {indexed.distinct[i] for i in indexed.places[indexed.starts[1:] - 1]}
        has_end = any(token.endswith((".", "?", "!")) for token in ends)
        found = f"has {size} sentences ending" if has_end else "has no sentence that ends"
        raise BadInputError(
            f"the corpus {found} in '.', '?' or '!'", "give a text with more, or use --task stream"
        )
    parts: dict[SplitName, slice] = {
        "train": slice(0, num_train),
        "val": slice(num_train, num_train + num_val),
    }
    if num_test:
        parts["test"] = slice(num_train + num_val, size)
    return parts


def _make_split(
    indexed: Indexed, ids: Encoded, rows: slice, vocabulary: Vocabulary, config: RunConfig
) -> SentenceSplit:
    starts, lengths = indexed.starts[:-1][rows], np.diff(indexed.starts)[rows]
    kept = np.minimum(lengths, config.length)
    sentences = _Sentences(ids, starts, kept, lengths <= config.length)
    letters = 1.0
    if vocabulary.kind != "chars":
        num_ends = int(sentences.is_whole.sum())
        before = np.concatenate([[0], np.cumsum(indexed.sizes()[indexed.places])])
        num_letters = int((before[starts + kept] - before[starts]).sum())
        letters = (num_letters + num_ends) / (int(kept.sum()) + num_ends)
    return SentenceSplit(sentences, vocabulary, config, letters)


def _cut_note(lengths: Ids, max_length: int, unit: str) -> list[str]:
    """Return a note on what was cut off, none where nothing was."""
    num_cut = int((lengths > max_length).sum())
    if not num_cut:
        return []
    lost = int(np.maximum(0, lengths - max_length).sum())
    return [
        f"{num_cut:,} sentences are longer than {max_length} {unit}s and were cut there "
        f"({lost / int(lengths.sum()):.1%} of all {unit}s)"
    ]
