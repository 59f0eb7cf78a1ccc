"""Losses on a split in torch: every model on every device.

Shapes: N targets of a batch, C classes or tokens of the vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.corpora import Batch
from rnnlab.inference._tally import Sums
from rnnlab.models import Classifier, Example, TextModel


class TorchTally:
    """Adds up the losses on the model's device, which is not waited for; implements `Tally`."""

    def __init__(self, model: TextModel) -> None:
        """model: in evaluation mode."""
        self._model = model
        self._loss_sum = torch.zeros((), dtype=torch.float64, device=model.device)
        self._num_correct = torch.zeros((), dtype=torch.int64, device=model.device)
        self._confusion = _no_confusion(model)
        self._state = model.start_state(1)

    @torch.inference_mode()
    def add(self, batch: Batch) -> None:
        """Run the model on a batch; implements `Tally.add`."""
        model = self._model
        if batch.is_start:
            self._state = model.start_state(len(batch.inputs_BT))
        example = Example.of(batch, model.device)
        logits_NC, targets_N, self._state = model.predict(example, self._state)
        losses_N = F.nll_loss(model.log_probs(logits_NC), targets_N, reduction="none")
        self._loss_sum += losses_N.sum(dtype=torch.float64)
        predicted_N = logits_NC.argmax(1)
        self._num_correct += (predicted_N == targets_N).sum()
        if self._confusion is not None:
            counts_N = torch.ones_like(targets_N)
            self._confusion.index_put_((targets_N, predicted_N), counts_N, accumulate=True)

    def sums(self) -> Sums:
        """Return the sums, which waits for the device; implements `Tally.sums`."""
        confusion = None if self._confusion is None else self._confusion.tolist()
        return Sums(float(self._loss_sum), int(self._num_correct), confusion)


def _no_confusion(model: TextModel) -> Tensor | None:
    """Return zeros [C, C] for a classifier; None for a language model."""
    if not isinstance(model, Classifier):
        return None
    num_classes = model.head.bias.shape[0]
    return torch.zeros(num_classes, num_classes, dtype=torch.int64, device=model.device)
