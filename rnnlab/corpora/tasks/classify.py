"""Classification of labelled documents: the input is a document, the target its class.

A batch consists of documents of similar length, padded at their ends, and their true lengths. A
document longer than `length` is truncated to its head or tail. If the file has no splits, the
documents for validation and test are drawn at random, stratified by class.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._batching import BucketedSplit
from rnnlab.corpora._dataset import Batch, Dataset, SplitName
from rnnlab.corpora._documents import Documents, read_documents
from rnnlab.corpora._encoding import Progress, silent
from rnnlab.corpora._fingerprint import fingerprint
from rnnlab.corpora._hold_out import draw, hold_out
from rnnlab.corpora._index import Indexed, index
from rnnlab.corpora._notes import documents_note, duplicates_note, unknown_note
from rnnlab.corpora._repair import Repairs
from rnnlab.corpora._tokens import PAD, UNK, Kind, normalise
from rnnlab.corpora._vectors import initial_vectors
from rnnlab.corpora._vocabulary import Ids, Vocabulary
from rnnlab.settings.run_config import RunConfig

_EVAL_BATCH = 256
_EVAL_PLACES = 65_536
"""Maximum number of tokens, padding included, in an evaluation batch: bounds the states' memory."""


class _Encoded(NamedTuple):
    """The documents of one split as token ids."""

    ids: Ids
    """Token ids of all splits, concatenated; the last id is <unk>, the text of empty documents."""
    starts: Ids
    """For each document, its offset in `ids` after truncation."""
    lengths: Ids
    """For each document, its number of tokens after truncation, at least one."""
    classes: Ids
    """For each document, the id of its class."""


class _Tokens(NamedTuple):
    """The tokens of documents, grouped by split."""

    indexed: Indexed
    order: Ids
    """For each document, its position in the file."""
    documents_of: dict[SplitName, slice]
    """The documents of each split, as a slice of `order`."""
    tokens_of: dict[SplitName, slice]
    """The tokens of each split, as a slice of all tokens."""


class DocumentSplit(BucketedSplit):
    """Documents in batches of similar length."""

    def __init__(self, documents: _Encoded, pad: int, config: RunConfig) -> None:
        super().__init__(documents.lengths, config, _EVAL_BATCH, _EVAL_PLACES)
        self._documents = documents
        self._pad = pad
        self.num_tokens = len(documents.lengths)

    def padded(self, rows: Ids) -> Batch:
        """Return the batch of these documents, with the class of each."""
        ids, starts, lengths, classes = self._documents
        lengths_B = lengths[rows]
        inputs_BT = np.full((len(rows), int(lengths_B.max())), self._pad, dtype=np.int64)
        for i, (start, length) in enumerate(zip(starts[rows], lengths_B, strict=True)):
            inputs_BT[i, :length] = ids[start : start + length]
        return Batch(inputs_BT, classes[rows], len(rows), is_start=True, lengths_B=lengths_B)


def read(
    file: Path, config: RunConfig, progress: Progress = silent, repairs: Repairs | None = None
) -> Documents:
    """Return the documents of a file, or a random sample if `limit_chars` is set."""
    documents = read_documents(file, progress, repairs)
    if config.limit_chars is None:
        return documents
    return draw(documents, config.limit_chars, config.seed)


def check(documents: Documents, config: RunConfig) -> None:
    """Raise BadInputError if a split or a class would lack documents; tokenises no documents."""
    _check_training(documents, hold_out(documents, config)["train"])


def build(documents: Documents, vocabulary: Vocabulary | None, config: RunConfig) -> Dataset:
    """Return the dataset of documents.

    A new vocabulary contains tokens of the train split before truncation. Raises BadInputError if
    there are too few documents, or if `vocabulary` lacks one of their classes.
    """
    class_ids = _class_ids(documents, vocabulary)
    rows = hold_out(documents, config)
    is_new = vocabulary is None
    if vocabulary is None:
        _check_training(documents, rows["train"])
        kind: Kind = "lowercase" if config.tokens == "words" else "chars"
        empty = Vocabulary((PAD, UNK), kind, config.alphabet, documents.classes)
        tokens = _tokenise(documents, rows, empty)
        counts = tokens.indexed.counts(tokens.tokens_of["train"])
        if not counts.any():
            raise BadInputError(
                f"the train split has no {config.alphabet} letters or digits",
                "choose another corpus or another --alphabet",
            )
        vocabulary = tokens.indexed.extend(empty, counts, config.vocab_size)
    else:
        tokens = _tokenise(documents, rows, vocabulary)
    ids = np.append(tokens.indexed.encode(vocabulary), vocabulary.ids_of([UNK]))
    splits = {
        name: _make_split(tokens, ids, class_ids[tokens.order], part, vocabulary, config)
        for name, part in tokens.documents_of.items()
    }
    notes = [
        documents_note(documents, rows),
        f"{len(vocabulary):,} tokens; {splits['train'].padding():.1%} of a batch is padding"
        + unknown_note(vocabulary, tokens.indexed, tokens.tokens_of),
        *_truncation_note(tokens.indexed, vocabulary, config),
        *duplicates_note(documents, rows),
    ]
    vectors = None
    if is_new:
        vectors, coverage = initial_vectors(
            config, vocabulary, tokens.indexed, tokens.tokens_of["train"]
        )
        notes += coverage
    sha256 = fingerprint(*documents.texts, *documents.labels, *documents.splits)
    return Dataset(vocabulary, splits, tuple(notes), sha256, "document", vectors)


def _check_training(documents: Documents, train: Ids) -> None:
    """Raise BadInputError if a class has no document in the train split."""
    missing = set(documents.classes) - {documents.labels[i] for i in train}
    if missing:
        raise BadInputError(
            f"the train split has no document of class {min(missing)!r}",
            "add documents of this class, or remove the class",
        )


def _tokenise(documents: Documents, rows: dict[SplitName, Ids], vocabulary: Vocabulary) -> _Tokens:
    order = np.concatenate(list(rows.values()))
    texts = (normalise(documents.texts[i], vocabulary.alphabet) for i in order)
    indexed = index(texts, vocabulary.kind)
    documents_of: dict[SplitName, slice] = {}
    begin = 0
    for name, part in rows.items():
        documents_of[name] = slice(begin, begin + len(part))
        begin += len(part)
    starts = indexed.starts
    tokens_of = {
        name: slice(int(starts[part.start]), int(starts[part.stop]))
        for name, part in documents_of.items()
    }
    return _Tokens(indexed, order, documents_of, tokens_of)


def _class_ids(documents: Documents, vocabulary: Vocabulary | None) -> Ids:
    """Return the class id of each document; raises BadInputError for unknown classes."""
    if vocabulary and (not vocabulary.classes or vocabulary.pad is None or vocabulary.unk is None):
        raise BadInputError(
            "the vocabulary is for another task: it has no classes",
            "choose a run of --task classify",
        )
    classes = vocabulary.classes if vocabulary else documents.classes
    id_of = {name: i for i, name in enumerate(classes)}
    unknown = set(documents.classes) - set(id_of)
    if unknown:
        raise BadInputError(
            f"the model does not have the class {min(unknown)!r}",
            f"choose documents of its classes: {', '.join(classes[:20])}",
        )
    return np.array([id_of[label] for label in documents.labels], dtype=np.int64)


def _make_split(
    tokens: _Tokens,
    ids: Ids,
    classes: Ids,
    part: slice,
    vocabulary: Vocabulary,
    config: RunConfig,
) -> DocumentSplit:
    assert vocabulary.pad is not None
    starts, lengths = tokens.indexed.starts[:-1][part], np.diff(tokens.indexed.starts)[part]
    truncated = np.minimum(lengths, config.length)
    if config.part == "tail":
        starts = starts + lengths - truncated
    starts = np.where(lengths == 0, len(ids) - 1, starts)
    encoded = _Encoded(ids, starts, np.maximum(truncated, 1), classes[part])
    return DocumentSplit(encoded, vocabulary.pad, config)


def _truncation_note(indexed: Indexed, vocabulary: Vocabulary, config: RunConfig) -> list[str]:
    """Return a note on truncated documents; empty if there are none."""
    is_truncated = np.diff(indexed.starts) > config.length
    if not is_truncated.any():
        return []
    unit = "characters" if vocabulary.kind == "chars" else "words"
    end = "first" if config.part == "head" else "last"
    return [
        f"{is_truncated.mean():.1%} of the documents are longer than {config.length} {unit} and "
        f"truncated to their {end} {config.length}"
    ]
