"""A language model that learns from each piece of a text after it has predicted the piece.

Shapes: B rows, T tokens, N targets, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.cells import State
from rnnlab.corpora import IGNORED, Batch, Split
from rnnlab.dynamic._rule import DynamicSettings, Rule
from rnnlab.inference import LoadedModel
from rnnlab.models import Example, LanguageModel

_PLACES = 20
"""Places of the training text at which gradients are measured."""
_PIECES = 10
"""Pieces that are read at each place."""


class Read(NamedTuple):
    """The prediction of one piece, made before the model has learnt from it."""

    logprobs_N: Tensor
    """Log-prob of each target, in nats; 0 at padding."""
    num_correct: int
    """Number of targets to which the model gave the highest probability."""


class Learner(AbstractContextManager["Learner"]):
    """A model whose weights follow the text that it reads, until the block ends."""

    def __init__(self, loaded: LoadedModel, train: Split | None, window: int) -> None:
        """train: text on which the model was trained; None if it is not at hand.

        window: tokens of a piece. Raises BadInputError for a classifier.
        """
        self.model: LanguageModel = loaded.language_model
        self.window = window
        self._weights = self.model.learnt
        self._state: State = self.model.start_state(1)
        mean_squares = None if train is None else self._mean_squares(train)
        self._rule = Rule(self._weights, mean_squares)

    def __exit__(self, *_: object) -> None:
        self.forget()

    def forget(self) -> None:
        """Put the trained weights back."""
        self._rule.restore()

    def read(self, batch: Batch, settings: DynamicSettings) -> Read:
        """Predict a piece of the text, then learn from it."""
        logits_NV, targets_N = self._predict(batch)
        with torch.inference_mode():
            losses_N = F.nll_loss(
                self.model.log_probs(logits_NV), targets_N, ignore_index=IGNORED, reduction="none"
            )
            num_correct = int((logits_NV.argmax(1) == targets_N).sum())
        if settings.lr or settings.decay:
            self._rule.update(self._gradients(logits_NV, targets_N), settings)
        return Read(-losses_N, num_correct)

    def _predict(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the logits and the targets of a batch; carry the state on, without its history."""
        if batch.is_start:
            self._state = self.model.start_state(len(batch.inputs_BT))
        example = Example.of(batch, self.model.device)
        logits_NV, targets_N, state = self.model.predict(example, self._state)
        self._state = tuple(tuple(part.detach() for part in layer) for layer in state)
        return logits_NV, targets_N

    def _gradients(self, logits_NV: Tensor, targets_N: Tensor) -> list[Tensor]:
        """Return the gradients of the mean loss over the targets, in the order of the weights."""
        objective = self.model.losses(logits_NV, targets_N).objective
        gradients = torch.autograd.grad(objective, list(self._weights.values()), allow_unused=True)
        return [
            torch.zeros_like(weight) if gradient is None else gradient
            for weight, gradient in zip(self._weights.values(), gradients, strict=True)
        ]

    def _mean_squares(self, train: Split) -> dict[str, Tensor]:
        """Return the mean square of each weight's gradient, at places all over the text."""
        sums = [torch.zeros_like(weight) for weight in self._weights.values()]
        num_pieces = 0
        for batch in self._samples(train):
            for total, gradient in zip(sums, self._gradients(*self._predict(batch)), strict=True):
                total.add_(gradient.square())
            num_pieces += 1
        return {name: total / num_pieces for name, total in zip(self._weights, sums, strict=True)}

    def _samples(self, train: Split) -> Iterable[Batch]:
        for place in range(_PLACES):
            yield from islice(train.pieces(self.window, place / _PLACES), _PIECES)
