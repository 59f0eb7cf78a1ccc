"""The language model: which letter comes next?

Shapes: B sequences, T tokens, V tokens of the vocabulary, E embedding, H hidden units.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlab import registry
from rnnlab.cells import RecurrentStack, State
from rnnlab.cells._stack import dropout
from rnnlab.config import RunConfig


class LanguageModel(nn.Module):
    """Embedding (or one-hot), recurrent layers, linear head."""

    def __init__(self, config: RunConfig, vocab_size: int, eos: int | None) -> None:
        """Make a model with the initial weights that the settings' seed decides.

        eos: the boundary between sentences, read before the first letter; None for a stream.
        """
        super().__init__()
        generator = torch.Generator().manual_seed(config.seed)
        self.vocab_size = vocab_size
        self.eos = eos
        self.dropout = config.dropout
        self.embedding: nn.Embedding | None = None
        if not config.one_hot:
            self.embedding = nn.Embedding(vocab_size, config.embedding)
            nn.init.normal_(self.embedding.weight, generator=generator)
        self.rnn = RecurrentStack(
            registry.load("cells", config.cell).CELL,
            vocab_size if config.one_hot else config.embedding,
            config.hidden,
            config.layers,
            dropout=config.dropout,
            engine=config.engine,
            generator=generator,
        )
        self.head = nn.Linear(config.hidden, vocab_size)
        bound = config.hidden**-0.5
        nn.init.uniform_(self.head.weight, -bound, bound, generator=generator)
        nn.init.zeros_(self.head.bias)

    def num_parameters(self) -> int:
        """Return the number of learnt numbers."""
        return sum(parameter.numel() for parameter in self.parameters())

    def start_state(self, batch: int) -> State:
        """Return the state before the first token."""
        return self.rnn.start_state(batch)

    def forward(
        self, tokens_BT: Tensor, state: State, generator: torch.Generator | None = None
    ) -> tuple[Tensor, State]:
        """Return the logits [B, T, V] of each next token, and the last state.

        generator: decides the dropout; it is only drawn from while training.
        """
        y_BTH, state = self.rnn(self._embed(tokens_BT), state, generator)
        y_BTH = dropout(y_BTH, self.dropout if self.training else 0.0, generator)
        return self.head(y_BTH), state

    @torch.inference_mode()
    def step(self, state: State, tokens_B: Tensor) -> tuple[Tensor, State]:
        """Return the log-probs [B, V] of the next token after reading one more, and the state.

        The seam of every decoder.
        """
        y_BH, state = self.rnn.step(self._embed(tokens_B), state)
        return self.log_probs(self.head(y_BH)), state

    @torch.inference_mode()
    def read(self, tokens_BT: Tensor) -> tuple[Tensor, State]:
        """Return the log-probs [B, T+1, V] before the first token and after each, and the state.

        A model of sentences reads EOS first. A stream has no boundary to read: before its first
        letter stands what the head makes of the start state.
        """
        batch = tokens_BT.shape[0]
        state = self.start_state(batch)
        if self.eos is not None:
            tokens_BT = F.pad(tokens_BT, (1, 0), value=self.eos)
            logits_BTV, state = self(tokens_BT, state)
            return self.log_probs(logits_BTV), state
        logits_BTV = self.head(state[-1][0])[:, None]
        if tokens_BT.shape[1] > 0:
            rest_BTV, state = self(tokens_BT, state)
            logits_BTV = torch.cat([logits_BTV, rest_BTV], dim=1)
        return self.log_probs(logits_BTV), state

    @staticmethod
    def log_probs(logits: Tensor) -> Tensor:
        """Return the log-probs of logits, in float32 or wider."""
        return F.log_softmax(logits, dim=-1, dtype=torch.promote_types(logits.dtype, torch.float32))

    def _embed(self, tokens: Tensor) -> Tensor:
        if self.embedding is not None:
            return self.embedding(tokens)  # type: ignore[no-any-return]
        return F.one_hot(tokens, self.vocab_size).to(self.head.weight.dtype)
