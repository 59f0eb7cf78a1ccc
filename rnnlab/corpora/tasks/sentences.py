"""Sentences of variable length, each starting afresh, ending in EOS and padded to the longest.

A sentence s_1 ... s_n is read as EOS s_1 ... s_n and predicts s_1 ... s_n EOS: EOS is the boundary
between sentences, so that a model can also start one. Batches are made of sentences of like length,
so that little is padded. A padded place is read as EOS and has no target: the loss is averaged over
real letters only, and no probability is wasted on a token that never comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnlab.config import RunConfig
from rnnlab.corpora._dataset import IGNORED, Batch, Dataset, Split, SplitName
from rnnlab.corpora._prepare import fingerprint
from rnnlab.corpora._vocabulary import EOS, Ids, Vocabulary
from rnnlab.errors import BadInputError

_SENTENCE = re.compile(r"[^.?!]*[.?!]+|[^.?!]+$")
_BUCKET_BATCHES = 50
"""Batches sorted by length together: enough for little padding, few enough for a random order."""
_EVAL_BATCH = 256
_EVAL_PLACES = 16_384
"""Letters of a batch when measuring, padding included: bounds the memory of its logits."""


class _Sentences(NamedTuple):
    """Encoded sentences, end to end."""

    ids: Ids
    starts: npt.NDArray[np.int64]
    """Where each sentence begins in `ids`; one more for the end."""
    is_whole: npt.NDArray[np.bool_]
    """Whether a sentence was kept to its end; a cut one predicts no EOS."""


class SentenceSplit(Split):
    """Sentences in batches of like length."""

    def __init__(self, sentences: _Sentences, eos: int, batch: int, seed: int) -> None:
        self._sentences = sentences
        self._eos = eos
        self._batch = batch
        self._seed = seed
        self._lengths = np.diff(sentences.starts)
        self.num_tokens = int(self._lengths.sum() + sentences.is_whole.sum())

    def num_batches(self) -> int:
        """Return the number of batches of one epoch; the last may be smaller."""
        return -(-len(self._lengths) // self._batch)

    def train_batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Give the sentences in an order of their own for each epoch."""
        for rows in self._order(epoch)[start:]:
            yield self._padded(rows)

    def eval_batches(self, max_tokens: int = 0) -> Iterator[Batch]:
        """Give the first sentences of the split that hold `max_tokens`, all for 0."""
        num_rows = len(self._lengths)
        if max_tokens:
            num_rows = max(1, int(np.searchsorted(np.cumsum(self._lengths), max_tokens, "right")))
        by_length = np.argsort(self._lengths[:num_rows], kind="stable")
        rows = max(1, min(_EVAL_BATCH, _EVAL_PLACES // (int(self._lengths.max(initial=1)) + 1)))
        for begin in range(0, num_rows, rows):
            yield self._padded(by_length[begin : begin + rows])

    def padding(self) -> float:
        """Return the share of padded places in the batches of the first epoch."""
        places = sum(len(rows) * (int(self._lengths[rows].max()) + 1) for rows in self._order(0))
        return 1 - (int(self._lengths.sum()) + len(self._lengths)) / places

    def _order(self, epoch: int) -> list[npt.NDArray[np.int64]]:
        """Return the rows of each batch of an epoch: shuffled, sorted by length within buckets."""
        random = np.random.Generator(np.random.PCG64([self._seed, epoch]))
        shuffled = random.permutation(len(self._lengths))
        bucket = self._batch * _BUCKET_BATCHES
        batches = []
        for begin in range(0, len(shuffled), bucket):
            rows = shuffled[begin : begin + bucket]
            rows = rows[np.argsort(self._lengths[rows], kind="stable")]
            batches += [rows[i : i + self._batch] for i in range(0, len(rows), self._batch)]
        return [batches[i] for i in random.permutation(len(batches))]

    def _padded(self, rows: npt.NDArray[np.int64]) -> Batch:
        ids, starts, is_whole = self._sentences
        longest = int(self._lengths[rows].max())
        inputs_BT = np.full((len(rows), longest + 1), self._eos, dtype=np.int64)
        targets_BT = np.full((len(rows), longest + 1), IGNORED, dtype=np.int64)
        for i, row in enumerate(rows):
            sentence = ids[starts[row] : starts[row + 1]]
            inputs_BT[i, 1 : len(sentence) + 1] = sentence
            targets_BT[i, : len(sentence)] = sentence
            if is_whole[row]:
                targets_BT[i, len(sentence)] = self._eos
        num_tokens = int(self._lengths[rows].sum() + is_whole[rows].sum())
        return Batch(inputs_BT, targets_BT, num_tokens, is_start=True)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text, each with its marks, white space made single spaces."""
    found = (" ".join(match[0].split()) for match in _SENTENCE.finditer(text))
    return [sentence for sentence in found if any(c.isalnum() for c in sentence)]


def build(text: str, vocabulary: Vocabulary | None, config: RunConfig) -> Dataset:
    """Cut a text into sentences, the last held out; raises BadInputError when there are too few."""
    sentences = split_sentences(text)
    vocabulary = vocabulary or Vocabulary.count("".join(sentences), [EOS])
    eos = vocabulary.eos
    if eos is None:
        raise BadInputError("the vocabulary has no end of sentence", "it is of another task")
    num_val = int(len(sentences) * config.val_fraction)
    num_test = int(len(sentences) * config.test_fraction)
    num_train = len(sentences) - num_val - num_test
    if num_val < 1 or num_train < 2 or (config.test_fraction and num_test < 1):
        raise BadInputError(
            f"the corpus has {len(sentences)} sentences ending in '.', '?' or '!'",
            "give a text with more, or use --task stream",
        )
    parts: dict[SplitName, list[str]] = {
        "train": sentences[:num_train],
        "val": sentences[num_train : num_train + num_val],
    }
    if num_test:
        parts["test"] = sentences[num_train + num_val :]
    encoded = {name: _encode(part, vocabulary, config.length) for name, part in parts.items()}
    splits = {
        name: SentenceSplit(part, eos, config.batch, config.seed) for name, part in encoded.items()
    }
    num_cut = sum(len(sentence) > config.length for sentence in sentences)
    lost = sum(max(0, len(sentence) - config.length) for sentence in sentences)
    notes = [
        f"{len(sentences):,} sentences, {len(vocabulary)} tokens; {num_train:,} to train on; "
        f"{splits['train'].padding():.1%} of a batch is padding"
    ]
    if num_cut:
        notes.append(
            f"{num_cut:,} sentences are longer than {config.length} letters and were cut there "
            f"({lost / sum(map(len, sentences)):.1%} of all letters)"
        )
    return Dataset(vocabulary, splits, tuple(notes), fingerprint(text))


def _encode(sentences: list[str], vocabulary: Vocabulary, max_length: int) -> _Sentences:
    kept = [sentence[:max_length] for sentence in sentences]
    lengths = np.array([len(sentence) for sentence in kept], dtype=np.int64)
    is_whole = np.array([len(sentence) <= max_length for sentence in sentences])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return _Sentences(vocabulary.encode("".join(kept)), starts, is_whole)
