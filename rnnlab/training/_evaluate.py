"""The loss on a held-out text, free of chance and of the batch size.

Shapes: N targets of a batch, C classes or tokens of the vocabulary.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.corpora import Split
from rnnlab.models import Classifier, Example, TextModel


class Evaluation(NamedTuple):
    """A measurement over `num_tokens` predictions."""

    loss_nats: float
    accuracy: float
    """Share of targets that were the most probable one."""
    num_tokens: int
    """Targets: tokens of a text, or documents."""
    letters: float = 1.0
    """Letters of a target on average: more than one where it is a word."""
    confusion: tuple[tuple[int, ...], ...] | None = None
    """Documents by true class (row) and the one found (column); None for a language model."""

    @property
    def bits_per_char(self) -> float:
        """The loss in bits a letter."""
        return self.loss_nats / math.log(2) / self.letters

    @property
    def perplexity(self) -> float:
        """Number of equally probable tokens that would be as hard to guess."""
        return math.exp(min(self.loss_nats, 700.0))

    @property
    def f1(self) -> float | None:
        """F1 of the second class where there are two, else the mean F1 of all classes."""
        if self.confusion is None:
            return None
        scores = [_f1(self.confusion, c) for c in range(len(self.confusion))]
        return scores[1] if len(scores) == 2 else sum(scores) / len(scores)


def _f1(confusion: tuple[tuple[int, ...], ...], c: int) -> float:
    """Return 2 TP / (2 TP + FP + FN) of class `c`; 0 where it neither is nor was found."""
    num_true = sum(confusion[c])
    num_found = sum(row[c] for row in confusion)
    return 2 * confusion[c][c] / (num_true + num_found) if num_true + num_found else 0.0


@torch.inference_mode()
def evaluate(model: TextModel, split: Split, max_tokens: int = 0) -> Evaluation:
    """Measure a model on a split, or on its first `max_tokens`; dropout is off meanwhile."""
    was_training = model.training
    model.eval()
    loss_sum = torch.zeros((), dtype=torch.float64, device=model.device)
    num_right = torch.zeros((), dtype=torch.int64, device=model.device)
    confusion = _no_confusion(model)
    num_tokens = 0
    state = model.start_state(1)
    for batch in split.eval_batches(max_tokens):
        if batch.is_start:
            state = model.start_state(len(batch.inputs_BT))
        example = Example.of(batch, model.device)
        logits_NC, targets_N, state = model.predict(example, state)
        losses_N = F.nll_loss(model.log_probs(logits_NC), targets_N, reduction="none")
        loss_sum += losses_N.sum(dtype=torch.float64)
        found_N = logits_NC.argmax(1)
        num_right += (found_N == targets_N).sum()
        num_tokens += batch.num_tokens
        if confusion is not None:
            ones_N = torch.ones_like(targets_N)
            confusion.index_put_((targets_N, found_N), ones_N, accumulate=True)
    model.train(was_training)
    return Evaluation(
        float(loss_sum) / num_tokens,
        int(num_right) / num_tokens,
        num_tokens,
        split.letters,
        None if confusion is None else tuple(map(tuple, confusion.tolist())),
    )


def _no_confusion(model: TextModel) -> Tensor | None:
    """Return an empty table of classes; None for a language model."""
    if not isinstance(model, Classifier):
        return None
    num_classes = model.head.bias.shape[0]
    return torch.zeros(num_classes, num_classes, dtype=torch.int64, device=model.device)
