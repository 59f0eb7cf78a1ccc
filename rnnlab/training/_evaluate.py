"""Loss and accuracy on a split: deterministic, and independent of the training batch size.

Shapes: N targets of a batch, C classes or tokens of the vocabulary.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.corpora import Progress, Split, silent
from rnnlab.models import Classifier, Example, TextModel


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
        """exp(loss), limited to exp(700): the number of equally likely tokens with this loss."""
        return math.exp(min(self.loss_nats, 700.0))

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


@torch.inference_mode()
def evaluate(
    model: TextModel, split: Split, max_tokens: int = 0, progress: Progress = silent
) -> Evaluation:
    """Evaluate a model on a split, with dropout off.

    max_tokens: evaluate only the first N tokens; 0 for all of them. progress: called with the
    number of targets evaluated, and that of the split.
    """
    was_training = model.training
    model.eval()
    loss_sum = torch.zeros((), dtype=torch.float64, device=model.device)
    num_correct = torch.zeros((), dtype=torch.int64, device=model.device)
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
        predicted_N = logits_NC.argmax(1)
        num_correct += (predicted_N == targets_N).sum()
        num_tokens += batch.num_tokens
        progress(num_tokens, split.num_tokens)
        if confusion is not None:
            counts_N = torch.ones_like(targets_N)
            confusion.index_put_((targets_N, predicted_N), counts_N, accumulate=True)
    model.train(was_training)
    return Evaluation(
        float(loss_sum) / num_tokens,
        int(num_correct) / num_tokens,
        num_tokens,
        split.chars_per_token,
        None if confusion is None else tuple(map(tuple, confusion.tolist())),
    )


def _no_confusion(model: TextModel) -> Tensor | None:
    """Return zeros [C, C] for a classifier; None for a language model."""
    if not isinstance(model, Classifier):
        return None
    num_classes = model.head.bias.shape[0]
    return torch.zeros(num_classes, num_classes, dtype=torch.int64, device=model.device)
