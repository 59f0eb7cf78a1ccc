"""One long text as parallel streams, in windows; the hidden state is carried between windows.

The text is divided into `batch` streams of equal length, which are read in parallel; a window
consists of `length` tokens of each stream. Gradients stop at the start of a window, but the state
is carried on (truncated backpropagation through time, Williams and Peng 1990). Shapes: B streams,
S tokens in a stream, T tokens in a window.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._dataset import Batch, Dataset, Split, SplitName, Unit
from rnnlab.corpora._encoding import Progress, silent
from rnnlab.corpora._hold_out import check_fractions, consecutive
from rnnlab.corpora._index import Encoded, Indexed
from rnnlab.corpora._long import LongText, index_text, open_text
from rnnlab.corpora._notes import unknown_note
from rnnlab.corpora._repair import Repairs
from rnnlab.corpora._tokens import UNK
from rnnlab.corpora._vectors import initial_vectors
from rnnlab.corpora._vocabulary import Ids, Vocabulary
from rnnlab.settings.run_config import RunConfig

EVAL_WINDOW = 4096
"""Tokens in an evaluation window; has no effect on the loss, because the state is carried on."""
_EVAL_LOGITS = 2**24
"""Maximum number of logits in an evaluation window: bounds their memory for a large vocabulary."""


class StreamSplit(Split):
    """A part of the text; in training it is read as `batch` parallel streams."""

    def __init__(
        self,
        ids: Ids | Encoded,
        batch: int,
        length: int,
        chars_per_token: float = 1.0,
        vocab_size: int = 1,
    ) -> None:
        self._ids = ids if isinstance(ids, Encoded) else Encoded.of(ids)
        self._length = length
        self._eval_window = max(1, min(EVAL_WINDOW, _EVAL_LOGITS // vocab_size))
        num_predicted = (len(ids) - 1) // batch
        self.chars_per_token = chars_per_token
        self.num_tokens = num_predicted * batch
        places = self._ids.places
        self._inputs_BS = places[: self.num_tokens].reshape(batch, num_predicted)
        self._targets_BS = places[1 : self.num_tokens + 1].reshape(batch, num_predicted)

    def num_batches(self) -> int:
        """Return the number of windows of an epoch; the last may be shorter."""
        return -(-self._inputs_BS.shape[1] // self._length)

    def train_batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Yield the windows in order; every epoch starts at the beginning of the text."""
        for window in range(start, self.num_batches()):
            columns = slice(window * self._length, (window + 1) * self._length)
            inputs_BT = self._ids.look_up(self._inputs_BS[:, columns])
            targets_BT = self._ids.look_up(self._targets_BS[:, columns])
            yield Batch(inputs_BT, targets_BT, inputs_BT.size, is_start=window == 0)

    def eval_batches(self, max_tokens: int = 0) -> Iterator[Batch]:
        """Yield the text as one stream, so every token is predicted from all previous tokens."""
        end = len(self._ids) - 1
        if max_tokens:
            end = min(end, max_tokens)
        yield from self._windows(self._eval_window, 0, end)

    def pieces(self, size: int, start: float = 0.0) -> Iterator[Batch]:
        """Yield windows of `size` tokens of the text as one stream."""
        end = len(self._ids) - 1
        yield from self._windows(size, int(start * end), end)

    def _windows(self, size: int, first: int, end: int) -> Iterator[Batch]:
        for begin in range(first, end, size):
            stop = min(begin + size, end)
            inputs_1T = self._ids[begin:stop][None]
            targets_1T = self._ids[begin + 1 : stop + 1][None]
            yield Batch(inputs_1T, targets_1T, stop - begin, is_start=begin == first)


def read(
    file: Path, config: RunConfig, progress: Progress = silent, repairs: Repairs | None = None
) -> str | LongText:
    """Return the text of a file, or its first `limit_chars` characters if that is set."""
    return open_text(file, config.limit_chars, progress, repairs=repairs)


def check(text: str | LongText, config: RunConfig) -> None:
    """Raise the errors of `build`, except those of word vectors (see `check_vectors`)."""
    build(text, None, config.model_copy(update={"embeddings": None}))


def build(text: str | LongText, vocabulary: Vocabulary | None, config: RunConfig) -> Dataset:
    """Return the dataset of a text, divided into consecutive splits.

    A new vocabulary has the characters of the whole text, or the words of the train split. Raises
    BadInputError if a split would be too short.
    """
    kind = vocabulary.kind if vocabulary else config.tokens
    alphabet = vocabulary.alphabet if vocabulary else config.alphabet
    unit: Unit = "letter" if kind == "chars" else "word"
    noun = "character" if kind == "chars" else "word"
    indexed, sha256 = index_text(text, "stream", kind, alphabet)
    if len(indexed.distinct) < 2:
        amount = f"only one distinct {noun}" if indexed.distinct else f"no {alphabet} {noun}s"
        raise BadInputError(f"the corpus has {amount}", "choose another corpus")
    parts = _split_text(indexed, config, noun)
    is_new = vocabulary is None
    if vocabulary is None:
        specials = () if kind == "chars" else (UNK,)
        counts = indexed.occurring() if kind == "chars" else indexed.counts(parts["train"])
        empty = Vocabulary(specials, kind, alphabet)
        vocabulary = indexed.extend(empty, counts, config.vocab_size)
    if vocabulary.kind == "lowercase":
        raise BadInputError(
            "the vocabulary is for another task: its words have no spaces",
            "choose a run of --task stream",
        )
    ids = indexed.lazily(vocabulary)
    splits = {
        name: StreamSplit(
            ids.part(part),
            config.batch if name == "train" else 1,
            config.length,
            1.0 if kind == "chars" else _chars_per_token(indexed, part),
            len(vocabulary),
        )
        for name, part in parts.items()
    }
    adjective = "distinct" if kind == "chars" else "in the vocabulary"
    notes = [
        f"{len(ids):,} {noun}s, {len(vocabulary):,} {adjective}; "
        f"{parts['train'].stop:,} for training" + unknown_note(vocabulary, indexed, parts)
    ]
    vectors = None
    if is_new:
        vectors, coverage = initial_vectors(config, vocabulary, indexed, parts["train"])
        notes += coverage
    return Dataset(vocabulary, splits, tuple(notes), sha256, unit, vectors)


def _split_text(indexed: Indexed, config: RunConfig, noun: str) -> dict[SplitName, slice]:
    """Return the tokens of each split; raises BadInputError if a split would be too short."""
    size = len(indexed.places)
    check_fractions(config, size, noun, least=2)
    num_val, num_test = int(size * config.val_fraction), int(size * config.test_fraction)
    num_train = size - num_val - num_test
    lacks_val = config.val_fraction > 0 and num_val < 2
    if not lacks_val and config.test_fraction and num_test < 2:
        raise BadInputError(
            f"{size:,} {noun}s with test_fraction = {config.test_fraction:g} are too few for a "
            "test split",
            "give a longer text, or raise --test-fraction",
        )
    if num_train < config.batch * 2 or num_train <= config.length or lacks_val:
        need = max(config.batch * 2, config.length + 1)
        raise BadInputError(
            f"the corpus has {size:,} {noun}s, {num_train:,} of them for training; "
            f"batch {config.batch} and length {config.length} need {need:,}",
            "give a longer text, or lower --batch or --length",
        )
    return consecutive(num_train, num_val, num_test)


def _chars_per_token(indexed: Indexed, part: slice) -> float:
    """Return a part's mean characters per token, without its first token, which is not a target."""
    predicted = slice(part.start + 1, part.stop)
    counts = indexed.counts(predicted)
    return float((counts * indexed.sizes()).sum() / counts.sum())
