"""One long text: parallel streams cut into windows, the state carried from window to window.

The text is cut into `batch` streams of equal length, read side by side; a window holds `length`
tokens of each. Gradients stop at the window's start (truncated backpropagation through time,
Williams and Peng 1990), the state does not. Shapes: B streams, S tokens of each, T of a window.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._dataset import Batch, Dataset, Split, SplitName, Unit
from rnnlab.corpora._encoding import Progress, silent
from rnnlab.corpora._index import Encoded, Indexed
from rnnlab.corpora._long import LongText, index_text, open_text
from rnnlab.corpora._notes import unknown_note
from rnnlab.corpora._tokens import UNK
from rnnlab.corpora._vectors import initial_vectors
from rnnlab.corpora._vocabulary import Ids, Vocabulary
from rnnlab.settings.run_config import RunConfig

EVAL_WINDOW = 4096
"""Tokens read at once when measuring; no figure depends on it, since the state is carried."""
_EVAL_LOGITS = 2**24
"""Most logits of a window when measuring: bounds its memory where many words are known."""


class StreamSplit(Split):
    """A part of the text as `batch` parallel streams."""

    def __init__(
        self,
        ids: Ids | Encoded,
        batch: int,
        length: int,
        chars_per_token: float = 1.0,
        num_known: int = 1,
    ) -> None:
        self._ids = ids if isinstance(ids, Encoded) else Encoded.of(ids)
        self._length = length
        self._eval_window = max(1, min(EVAL_WINDOW, _EVAL_LOGITS // num_known))
        num_predicted = (len(ids) - 1) // batch
        self.chars_per_token = chars_per_token
        self.num_tokens = num_predicted * batch
        places = self._ids.places
        self._inputs_BS = places[: self.num_tokens].reshape(batch, num_predicted)
        self._targets_BS = places[1 : self.num_tokens + 1].reshape(batch, num_predicted)

    def num_batches(self) -> int:
        """Return the number of windows; the last may be shorter."""
        return -(-self._inputs_BS.shape[1] // self._length)

    def train_batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Give the windows in order; every epoch reads the text from its start."""
        for window in range(start, self.num_batches()):
            columns = slice(window * self._length, (window + 1) * self._length)
            inputs_BT = self._ids.look_up(self._inputs_BS[:, columns])
            targets_BT = self._ids.look_up(self._targets_BS[:, columns])
            yield Batch(inputs_BT, targets_BT, inputs_BT.size, is_start=window == 0)

    def eval_batches(self, max_tokens: int = 0) -> Iterator[Batch]:
        """Give the text as one stream, so that every token is predicted from all before it."""
        end = len(self._ids) - 1
        if max_tokens:
            end = min(end, max_tokens)
        for begin in range(0, end, self._eval_window):
            stop = min(begin + self._eval_window, end)
            inputs_1T = self._ids[begin:stop][None]
            targets_1T = self._ids[begin + 1 : stop + 1][None]
            yield Batch(inputs_1T, targets_1T, stop - begin, is_start=begin == 0)


def read(file: Path, config: RunConfig, progress: Progress = silent) -> str | LongText:
    """Return the text of a file, the first `limit_chars` of it where there is a limit."""
    return open_text(file, config.limit_chars, progress)


def check(text: str | LongText, config: RunConfig) -> None:
    """Raise BadInputError when `build` would; the vectors are checked elsewhere."""
    build(text, None, config.model_copy(update={"embeddings": None}))


def build(text: str | LongText, vocabulary: Vocabulary | None, config: RunConfig) -> Dataset:
    """Cut a text into consecutive splits; raises BadInputError when one would be too short.

    The letters of a vocabulary are counted in the whole text, its words in the training part.
    """
    kind = vocabulary.kind if vocabulary else config.tokens
    alphabet = vocabulary.alphabet if vocabulary else config.alphabet
    unit: Unit = "letter" if kind == "chars" else "word"
    indexed, mark = index_text(text, "stream", kind, alphabet)
    if len(indexed.distinct) < 2:
        amount = "one distinct" if indexed.distinct else f"no {alphabet}"
        raise BadInputError(f"the corpus has {amount} {unit}", "there is nothing to learn in it")
    parts = _cut(indexed, config, unit)
    is_new = vocabulary is None
    if vocabulary is None:
        specials = () if kind == "chars" else (UNK,)
        counts = indexed.occurring() if kind == "chars" else indexed.counts(parts["train"])
        empty = Vocabulary(specials, kind, alphabet)
        vocabulary = indexed.extend(empty, counts, config.vocab_size)
    if vocabulary.kind == "lowercase":
        raise BadInputError("the vocabulary is of another task", "its words lack the spaces")
    ids = indexed.lazily(vocabulary)
    splits = {
        name: StreamSplit(
            ids.part(part),
            config.batch if name == "train" else 1,
            config.length,
            1.0 if kind == "chars" else _letters_per_token(indexed, part),
            len(vocabulary),
        )
        for name, part in parts.items()
    }
    known = "distinct" if kind == "chars" else "known"
    notes = [
        f"{len(ids):,} {unit}s, {len(vocabulary):,} {known}; "
        f"{parts['train'].stop:,} to train on" + unknown_note(vocabulary, indexed, parts)
    ]
    vectors = None
    if is_new:
        vectors, coverage = initial_vectors(config, vocabulary, indexed, parts["train"])
        notes += coverage
    return Dataset(vocabulary, splits, tuple(notes), mark, unit, vectors)


def _cut(indexed: Indexed, config: RunConfig, unit: str) -> dict[SplitName, slice]:
    """Return where each split lies; raises BadInputError when there is too little of one."""
    size = len(indexed.places)
    num_val, num_test = int(size * config.val_fraction), int(size * config.test_fraction)
    num_train = size - num_val - num_test
    if num_val >= 2 and config.test_fraction and num_test < 2:
        raise BadInputError(
            f"test_fraction = {config.test_fraction:g} of {size:,} {unit}s leaves none to predict",
            "give a longer text, or a larger --test-fraction",
        )
    if num_train < config.batch * 2 or num_train <= config.length or num_val < 2:
        need = max(config.batch * 2, config.length + 1)
        raise BadInputError(
            f"the corpus has {size:,} {unit}s, {num_train:,} of them to train on; "
            f"batch {config.batch} and length {config.length} need {need:,}",
            "give a longer text, or a smaller --batch or --length",
        )
    parts: dict[SplitName, slice] = {
        "train": slice(0, num_train),
        "val": slice(num_train, num_train + num_val),
    }
    if num_test:
        parts["test"] = slice(num_train + num_val, size)
    return parts


def _letters_per_token(indexed: Indexed, part: slice) -> float:
    """Return the letters of a token on average; the first one of a part is not predicted."""
    predicted = slice(part.start + 1, part.stop)
    counts = indexed.counts(predicted)
    return float((counts * indexed.sizes()).sum() / counts.sum())
