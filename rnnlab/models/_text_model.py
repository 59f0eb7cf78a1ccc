"""The base class of language model and classifier: embedding, recurrent layers, linear head.

Shapes: B sequences, T tokens, V tokens of the vocabulary, E dimensions of the embedding, F features
(inputs of the head), C outputs of the head, N targets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, NamedTuple

import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlab.base import registry
from rnnlab.cells import Lookup, RecurrentStack, State, arrange_weights, dropout
from rnnlab.corpora import Batch
from rnnlab.models._loss import Losses, cross_entropy
from rnnlab.settings.run_config import RunConfig


class Example(NamedTuple):
    """A batch as tensors on the model's device."""

    tokens_BT: Tensor
    targets: Tensor
    """Next tokens [B, T], or classes [B]."""
    lengths_B: Tensor | None
    """Number of tokens of each row before its padding; None if the model does not need them."""

    @classmethod
    def of(cls, batch: Batch, device: torch.device) -> Example:
        """Return a batch, copied to a device."""

        def to_device(ids: npt.NDArray[Any]) -> Tensor:
            tensor = torch.from_numpy(ids)
            if device.type == "cuda":  # only a copy from pinned memory does not wait
                tensor = tensor.pin_memory()
            return tensor.to(device, non_blocking=True)

        lengths_B = None if batch.lengths_B is None else to_device(batch.lengths_B)
        return cls(to_device(batch.inputs_BT), to_device(batch.targets), lengths_B)


class Prediction(NamedTuple):
    """Logits and targets of an example."""

    logits_NC: Tensor
    """Logits, one row per target."""
    targets_N: Tensor
    state: State
    """Hidden state after the last token, for the next batch."""


class Head(nn.Module):
    """Weights of a linear layer, which may be the matrix of the embedding (Press and Wolf 2017)."""

    weight: nn.Parameter | None

    def __init__(
        self, num_features: int, num_outputs: int, generator: torch.Generator, *, tied: bool
    ) -> None:
        super().__init__()
        if tied:
            self.register_parameter("weight", None)
        else:
            self.weight = nn.Parameter(torch.empty(num_outputs, num_features))
            bound = num_features**-0.5
            nn.init.uniform_(self.weight, -bound, bound, generator=generator)
        self.bias = nn.Parameter(torch.zeros(num_outputs))


class TextModel(nn.Module, ABC):
    """Embedding (or one-hot), recurrent layers, linear head."""

    def __init__(self, config: RunConfig, vocab_size: int, num_outputs: int) -> None:
        """Create a model with random weights, drawn with the config's seed."""
        super().__init__()
        generator = torch.Generator().manual_seed(config.seed)
        self.vocab_size = vocab_size
        self.config = config
        """Settings of the run."""
        self.embedding: nn.Embedding | None = None
        if not config.one_hot:
            self.embedding = nn.Embedding(vocab_size, config.embedding)
            # A tied matrix also produces the logits: unit variance would make them too large.
            std = config.embedding_std * (config.embedding**-0.5 if config.tied else 1.0)
            nn.init.normal_(self.embedding.weight, std=std, generator=generator)
            self.embedding.weight.requires_grad_(not config.frozen)
        self.rnn = RecurrentStack(
            registry.load("cells", config.cell).CELL,
            vocab_size if config.one_hot else config.embedding,
            config.hidden,
            config.layers,
            dropout=config.dropout,
            variational=config.variational,
            recurrent_dropout=config.recurrent_dropout,
            residual=config.residual,
            bidirectional=config.bidirectional,
            engine=config.engine,
            generator=generator,
        )
        self.head = Head(self.rnn.output_size, num_outputs, generator, tied=config.tied)

    def _apply(self, *args: Any, **kwargs: Any) -> TextModel:
        """Move or convert the weights, as for every module; on a GPU arrange them for cuDNN."""
        super()._apply(*args, **kwargs)  # type: ignore[no-untyped-call]
        arrange_weights(self.rnn)
        return self

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return self.head.bias.device

    @cached_property
    def learnt(self) -> dict[str, nn.Parameter]:
        """The trainable parameters by name; cached, because collecting them is slow."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}

    def num_parameters(self) -> int:
        """Return the number of trainable scalars."""
        return sum(parameter.numel() for parameter in self.learnt.values())

    def start_state(self, batch: int) -> State:
        """Return the hidden state of `batch` rows before the first token."""
        return self.rnn.start_state(batch)

    @abstractmethod
    def predict(
        self, example: Example, state: State, generator: torch.Generator | None = None
    ) -> Prediction:
        """Return the logits [N, C] of every target of an example.

        state: hidden state before the first token (a classifier ignores it). generator: draws the
        dropout masks; used in training mode only.
        """

    def logits(self, y: Tensor) -> Tensor:
        """Return the head's logits [..., C] of features [..., F]."""
        weight: Tensor | None = self.head.weight
        if weight is None:
            assert self.embedding is not None
            weight = self.embedding.weight
        return self.rnn.linear(y, weight, self.head.bias)

    def losses(self, logits_NC: Tensor, targets_N: Tensor, label_smoothing: float = 0.0) -> Losses:
        """Return the mean losses of a prediction, on the engine of the layers.

        logits_NC: in float32 or wider. Raises IndexError if a target is out of range.
        """
        kernels = self.rnn.kernels(logits_NC)
        return cross_entropy(kernels, logits_NC, targets_N, label_smoothing)

    def embed(self, tokens: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return the vectors [..., E] of tokens [...].

        In training mode, dropout is applied, and tokens must be [B, T].
        """
        if self.embedding is not None:
            x = self.embedding(tokens)
        else:
            x = F.one_hot(tokens, self.vocab_size).to(self.head.bias.dtype)
        if not self.training:
            return x  # type: ignore[no-any-return]
        settings = self.config
        if settings.token_dropout:
            x = x * dropout(x.new_ones(*tokens.shape, 1), settings.token_dropout, generator)
        return dropout(x, settings.embedding_dropout, generator, variational=settings.variational)

    def inputs(
        self, tokens_BT: Tensor, generator: torch.Generator | None = None
    ) -> Tensor | Lookup:
        """Return the inputs of the recurrent layers: vectors, or ids if no dropout changes them."""
        settings = self.config
        if self.training and (settings.token_dropout or settings.embedding_dropout):
            return self.embed(tokens_BT, generator)
        return Lookup(tokens_BT, None if self.embedding is None else self.embedding.weight)

    def drop_features(self, y_BTF: Tensor, generator: torch.Generator | None) -> Tensor:
        """Return the features [B, T, F] after dropout, unchanged in evaluation mode."""
        rate = self.config.dropout if self.training else 0.0
        return dropout(y_BTF, rate, generator, variational=self.config.variational)

    @staticmethod
    def log_probs(logits: Tensor) -> Tensor:
        """Return the log-probs [..., C] of logits, in nats, in float32 or wider."""
        return F.log_softmax(logits, dim=-1, dtype=torch.promote_types(logits.dtype, torch.float32))
