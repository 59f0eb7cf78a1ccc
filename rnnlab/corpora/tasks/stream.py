"""One long text: parallel streams cut into windows, the state carried from window to window.

The text is cut into `batch` streams of equal length, read side by side; a window holds `length`
letters of each. Gradients stop at the window's start (truncated backpropagation through time,
Williams and Peng 1990), the state does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from rnnlab.config import RunConfig
from rnnlab.corpora._dataset import Batch, Dataset, Split, SplitName
from rnnlab.corpora._prepare import fingerprint
from rnnlab.corpora._vocabulary import Ids, Vocabulary
from rnnlab.errors import BadInputError

EVAL_WINDOW = 4096
"""Letters read at once when measuring; no figure depends on it, since the state is carried."""


class StreamSplit(Split):
    """A part of the text as `batch` parallel streams."""

    def __init__(self, ids: Ids, batch: int, length: int) -> None:
        self._ids = ids
        self._length = length
        num_predicted = (len(ids) - 1) // batch
        self.num_tokens = num_predicted * batch
        self._inputs_BS = ids[: self.num_tokens].reshape(batch, num_predicted)
        self._targets_BS = ids[1 : self.num_tokens + 1].reshape(batch, num_predicted)

    def num_batches(self) -> int:
        """Return the number of windows; the last may be shorter."""
        return -(-self._inputs_BS.shape[1] // self._length)

    def train_batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Give the windows in order; every epoch reads the text from its start."""
        for window in range(start, self.num_batches()):
            columns = slice(window * self._length, (window + 1) * self._length)
            inputs_BT, targets_BT = self._inputs_BS[:, columns], self._targets_BS[:, columns]
            yield Batch(inputs_BT, targets_BT, inputs_BT.size, is_start=window == 0)

    def eval_batches(self, max_tokens: int = 0) -> Iterator[Batch]:
        """Give the text as one stream, so that every letter is predicted from all before it."""
        end = len(self._ids) - 1
        if max_tokens:
            end = min(end, max_tokens)
        for begin in range(0, end, EVAL_WINDOW):
            stop = min(begin + EVAL_WINDOW, end)
            inputs_1T = self._ids[None, begin:stop]
            targets_1T = self._ids[None, begin + 1 : stop + 1]
            yield Batch(inputs_1T, targets_1T, stop - begin, is_start=begin == 0)


def build(text: str, vocabulary: Vocabulary | None, config: RunConfig) -> Dataset:
    """Cut a text into consecutive splits; raises BadInputError when one would be too short."""
    if len(set(text)) < 2:
        raise BadInputError("the corpus has one distinct letter", "there is nothing to learn in it")
    vocabulary = vocabulary or Vocabulary.count(text)
    ids = vocabulary.encode(text)
    num_val, num_test = int(len(ids) * config.val_fraction), int(len(ids) * config.test_fraction)
    num_train = len(ids) - num_val - num_test
    if num_train < config.batch * 2 or num_train <= config.length or num_val < 2:
        need = max(config.batch * 2, config.length + 1)
        raise BadInputError(
            f"the corpus has {len(ids):,} letters, {num_train:,} of them to train on; "
            f"batch {config.batch} and length {config.length} need {need:,}",
            "give a longer text, or a smaller --batch or --length",
        )
    parts: dict[SplitName, Ids] = {
        "train": ids[:num_train],
        "val": ids[num_train : num_train + num_val],
    }
    if num_test >= 2:
        parts["test"] = ids[num_train + num_val :]
    splits = {
        name: StreamSplit(part, config.batch if name == "train" else 1, config.length)
        for name, part in parts.items()
    }
    note = f"{len(ids):,} letters, {len(vocabulary)} distinct; {num_train:,} to train on"
    return Dataset(vocabulary, splits, (note,), fingerprint(text))
