"""Independent sentences of variable length, each with EOS at its end, padded to the longest.

The inputs of a sentence s_1 ... s_n are EOS s_1 ... s_n, the targets are s_1 ... s_n EOS. EOS marks
the boundary between sentences, so a model can also start a sentence. A batch consists of sentences
of similar length, to limit padding. Padding has the input EOS and no target: the loss is averaged
over real tokens only, and the model gives no probability to a padding token.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._batching import BucketedSplit
from rnnlab.corpora._dataset import IGNORED, Batch, Dataset, SplitName, Unit
from rnnlab.corpora._encoding import Progress, silent
from rnnlab.corpora._hold_out import check_fractions, consecutive
from rnnlab.corpora._index import Encoded, Indexed
from rnnlab.corpora._long import LongText, index_text, open_text
from rnnlab.corpora._notes import unknown_note
from rnnlab.corpora._repair import Repairs
from rnnlab.corpora._tokens import EOS, UNK
from rnnlab.corpora._vectors import initial_vectors
from rnnlab.corpora._vocabulary import Ids, Vocabulary
from rnnlab.settings.run_config import RunConfig

_EVAL_BATCH = 256
_EVAL_PLACES = 16_384
"""Maximum number of tokens, padding included, in an evaluation batch: bounds the states' memory."""
_EVAL_LOGITS = 2**24
"""Maximum number of logits in an evaluation batch: bounds their memory for a large vocabulary."""


class _Sentences(NamedTuple):
    """The sentences of one split as token ids."""

    ids: Encoded
    """Token ids of all splits, concatenated."""
    starts: Ids
    """For each sentence, its offset in `ids`."""
    lengths: Ids
    """For each sentence, its number of tokens after truncation, without EOS."""
    is_whole: npt.NDArray[np.bool_]
    """False for a truncated sentence, after which EOS is not a target."""


class SentenceSplit(BucketedSplit):
    """Sentences in batches of similar length."""

    def __init__(
        self,
        sentences: _Sentences,
        vocabulary: Vocabulary,
        config: RunConfig,
        chars_per_token: float = 1.0,
    ) -> None:
        assert vocabulary.eos is not None
        eval_places = min(_EVAL_PLACES, _EVAL_LOGITS // len(vocabulary))
        # The inputs of a sentence include the initial EOS.
        super().__init__(sentences.lengths + 1, config, _EVAL_BATCH, eval_places)
        self._sentences = sentences
        self._eos = vocabulary.eos
        self.chars_per_token = chars_per_token
        self.num_tokens = int(sentences.lengths.sum() + sentences.is_whole.sum())

    def padded(self, rows: Ids) -> Batch:
        """Return the batch of these sentences, each after an EOS and with the end that it has."""
        ids, starts, lengths, is_whole = self._sentences
        shape = len(rows), int(self.lengths[rows].max())
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


def read(
    file: Path, config: RunConfig, progress: Progress = silent, repairs: Repairs | None = None
) -> str | LongText:
    """Return the text of a file, or its first `limit_chars` characters if that is set."""
    return open_text(file, config.limit_chars, progress, repairs=repairs)


def check(text: str | LongText, config: RunConfig) -> None:
    """Raise the errors of `build`, except those of word vectors (see `check_vectors`)."""
    build(text, None, config.model_copy(update={"embeddings": None}))


def build(text: str | LongText, vocabulary: Vocabulary | None, config: RunConfig) -> Dataset:
    """Return the dataset of a text's sentences; the last sentences are for validation and test.

    A new vocabulary has the characters of all sentences, or the words of the train split. Raises
    BadInputError if there are too few sentences.
    """
    kind = vocabulary.kind if vocabulary else config.tokens
    alphabet = vocabulary.alphabet if vocabulary else config.alphabet
    unit: Unit = "letter" if kind == "chars" else "word"
    indexed, sha256 = index_text(text, "sentences", kind, alphabet)
    starts = indexed.starts
    parts = _split_sentences(indexed, config)
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
        raise BadInputError(
            "the vocabulary is for another task: it has no end of sentence",
            "choose a run of --task sentences",
        )
    ids = indexed.lazily(vocabulary)
    splits = {
        name: _make_split(indexed, ids, rows, vocabulary, config) for name, rows in parts.items()
    }
    notes = [
        f"{len(starts) - 1:,} sentences, {len(vocabulary):,} tokens; "
        f"{parts['train'].stop:,} for training; "
        f"{splits['train'].padding():.1%} of a batch is padding"
        + unknown_note(vocabulary, indexed, spans),
        *_truncation_note(np.diff(starts), config.length, unit),
    ]
    vectors = None
    if is_new:
        vectors, coverage = initial_vectors(config, vocabulary, indexed, spans["train"])
        notes += coverage
    return Dataset(vocabulary, splits, tuple(notes), sha256, unit, vectors)


def _split_sentences(indexed: Indexed, config: RunConfig) -> dict[SplitName, slice]:
    """Return the sentences of each split; raises BadInputError if there are too few."""
    size = len(indexed.starts) - 1
    check_fractions(config, size, "sentence", least=1)
    num_val, num_test = int(size * config.val_fraction), int(size * config.test_fraction)
    num_train = size - num_val - num_test
    lacks_val = config.val_fraction > 0 and num_val < 1
    if lacks_val or num_train < 2 or (config.test_fraction and num_test < 1):
        ends = {indexed.distinct[i] for i in indexed.places[indexed.starts[1:] - 1]}
        has_end = any(token.endswith((".", "?", "!")) for token in ends)
        problem = f"has only {size} sentences ending" if has_end else "has no sentence that ends"
        raise BadInputError(
            f"the corpus {problem} in '.', '?' or '!'",
            "give a text with more sentences, or use --task stream",
        )
    return consecutive(num_train, num_val, num_test)


def _make_split(
    indexed: Indexed, ids: Encoded, rows: slice, vocabulary: Vocabulary, config: RunConfig
) -> SentenceSplit:
    starts, lengths = indexed.starts[:-1][rows], np.diff(indexed.starts)[rows]
    truncated = np.minimum(lengths, config.length)
    sentences = _Sentences(ids, starts, truncated, lengths <= config.length)
    chars_per_token = 1.0
    if vocabulary.kind != "chars":
        num_ends = int(sentences.is_whole.sum())
        before = np.concatenate([[0], np.cumsum(indexed.sizes()[indexed.places])])
        num_chars = int((before[starts + truncated] - before[starts]).sum())
        chars_per_token = (num_chars + num_ends) / (int(truncated.sum()) + num_ends)
    return SentenceSplit(sentences, vocabulary, config, chars_per_token)


def _truncation_note(lengths: Ids, max_length: int, unit: str) -> list[str]:
    """Return a note on truncated sentences; empty if there are none."""
    num_truncated = int((lengths > max_length).sum())
    if not num_truncated:
        return []
    num_lost = int(np.maximum(0, lengths - max_length).sum())
    noun = "characters" if unit == "letter" else f"{unit}s"
    return [
        f"{num_truncated:,} sentences are longer than {max_length} {noun} and truncated "
        f"(losing {num_lost / int(lengths.sum()):.1%} of all {noun})"
    ]
