"""Loss and accuracy on a split: deterministic, and independent of the training batch size.

Shapes: N targets of a batch, C classes or tokens of the vocabulary.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.base.numbers import perplexity
from rnnlab.corpora import Batch, Progress, Split, silent
from rnnlab.inference._documents import document_features
from rnnlab.inference._loaded import LoadedModel
from rnnlab.inference._tally import Sums, Tally
from rnnlab.inference.reader import Reader


class Evaluation(NamedTuple):
    """Loss and accuracy of a model over `num_tokens` predictions."""

    loss_nats: float
    accuracy: float
    """Fraction of the targets to which the model gave the highest probability."""
    num_tokens: int
    """Number of targets: tokens of a text, or documents."""
    chars_per_token: float = 1.0
    """Mean number of characters per target; above 1 if the tokens are words."""
    confusion: tuple[tuple[int, ...], ...] | None = None
    """Numbers of documents by actual (row) and predicted class (column); None without classes."""

    @property
    def bits_per_char(self) -> float:
        """The loss in bits per character, also if the tokens are words."""
        return self.loss_nats / math.log(2) / self.chars_per_token

    @property
    def perplexity(self) -> float:
        """The number of equally likely tokens with this loss; inf if a float overflows."""
        return perplexity(self.loss_nats)

    @property
    def f1(self) -> float | None:
        """F1 of the second of two classes, mean F1 of more classes; None for language models."""
        if self.confusion is None:
            return None
        scores = [_f1(self.confusion, c) for c in range(len(self.confusion))]
        return scores[1] if len(scores) == 2 else sum(scores) / len(scores)


def _f1(confusion: tuple[tuple[int, ...], ...], c: int) -> float:
    """Return 2 TP / (2 TP + FP + FN) for class `c`; 0 if it is neither actual nor predicted."""
    num_actual = sum(confusion[c])
    num_predicted = sum(row[c] for row in confusion)
    total = num_actual + num_predicted
    return 2 * confusion[c][c] / total if total else 0.0


def evaluate_with(
    tally: Tally, split: Split, max_tokens: int = 0, progress: Progress = silent
) -> Evaluation:
    """Return the evaluation on a split by a tally that has not seen a batch yet.

    max_tokens: evaluate only the first N tokens; 0 for all of them. progress: called with the
    number of targets evaluated, and that of the split.
    """
    num_tokens = 0
    for batch in split.eval_batches(max_tokens):
        tally.add(batch)
        num_tokens += batch.num_tokens
        progress(num_tokens, split.num_tokens)
    sums = tally.sums()
    return Evaluation(
        sums.loss_nats / num_tokens,
        sums.num_correct / num_tokens,
        num_tokens,
        split.chars_per_token,
        None if sums.confusion is None else tuple(tuple(row) for row in sums.confusion),
    )


def evaluate_loaded(
    loaded: LoadedModel, split: Split, max_tokens: int = 0, progress: Progress = silent
) -> Evaluation:
    """Evaluate a run's model on a split; the arguments are those of `evaluate_with`."""
    reader = loaded.reader
    if reader is not None:
        return evaluate_with(_NativeTally(loaded, reader), split, max_tokens, progress)
    from rnnlab.inference.torch_tally import TorchTally

    return evaluate_with(TorchTally(loaded.model), split, max_tokens, progress)


class _NativeTally:
    """Adds up the losses on the kernels in C; implements `Tally`."""

    def __init__(self, loaded: LoadedModel, reader: Reader) -> None:
        self._reader = reader
        self._config = loaded.config
        self._state = reader.begin(1)
        self._loss_nats, self._num_correct = 0.0, 0
        num_classes = len(loaded.vocabulary.classes)
        self._confusion: NDArray[np.int64] | None = None
        if loaded.is_classifier:
            self._confusion = np.zeros((num_classes, num_classes), np.int64)

    def add(self, batch: Batch) -> None:
        reader, inputs_BT = self._reader, batch.inputs_BT
        if self._confusion is None:
            if batch.is_start:
                self._state = reader.begin(len(inputs_BT))
            y_BTF, self._state = reader.read(inputs_BT, self._state)
            features_NF = y_BTF.reshape(-1, y_BTF.shape[2])
        else:
            lengths_B = batch.lengths_B
            if lengths_B is None:
                lengths_B = np.full(len(inputs_BT), inputs_BT.shape[1])
            features_NF = document_features(reader, self._config, inputs_BT, lengths_B)
        targets_N = batch.targets.reshape(-1)
        losses_N, predicted_N = reader.losses(features_NF, targets_N)
        self._loss_nats += float(losses_N.sum(dtype=np.float64))
        self._num_correct += int((predicted_N == targets_N).sum())
        if self._confusion is not None:
            np.add.at(self._confusion, (targets_N, predicted_N), 1)

    def sums(self) -> Sums:
        confusion = None if self._confusion is None else self._confusion.tolist()
        return Sums(self._loss_nats, self._num_correct, confusion)
