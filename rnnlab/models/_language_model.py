"""The language model: which token comes next?

Shapes: B sequences, T tokens, V tokens of the vocabulary, H hidden units.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells import State
from rnnlab.models._text_model import Example, Prediction, TextModel
from rnnlab.settings.run_config import RunConfig


class LanguageModel(TextModel):
    """A head over the vocabulary after every token."""

    def __init__(self, config: RunConfig, vocab_size: int, eos: int | None) -> None:
        """Make a model with initial weights.

        eos: the boundary between sentences, read before the first token; None for a stream.
        """
        super().__init__(config, vocab_size, vocab_size)
        self.eos = eos

    def forward(
        self, tokens_BT: Tensor, state: State, generator: torch.Generator | None = None
    ) -> tuple[Tensor, State]:
        """Return the logits [B, T, V] of each next token, and the last state.

        generator: decides the dropout; it is only drawn from while training.
        """
        y_BTH, state = self.rnn(self.embed(tokens_BT, generator), state, generator)
        return self.logits(self.drop_features(y_BTH, generator)), state

    def predict(
        self, example: Example, state: State, generator: torch.Generator | None = None
    ) -> Prediction:
        """Return the logits of every next token; rows of padded places have no target."""
        logits_BTV, state = self(example.tokens_BT, state, generator)
        return Prediction(logits_BTV.flatten(0, 1), example.targets.flatten(), state)

    @torch.inference_mode()
    def step(self, state: State, tokens_B: Tensor) -> tuple[Tensor, State]:
        """Return the log-probs [B, V] of the next token after reading one more, and the state.

        The seam of every decoder.
        """
        y_BH, state = self.rnn.step(self.embed(tokens_B), state)
        return self.log_probs(self.logits(y_BH)), state

    @torch.inference_mode()
    def begin(self, batch: int) -> tuple[Tensor, State]:
        """Return the features [B, F] that the head reads before the first token, and the state.

        A model of sentences has read EOS there. A stream has no boundary to read: before its first
        token stands what the head makes of the start state.
        """
        state = self.start_state(batch)
        if self.eos is None:
            return state[-1][0], state
        eos_B1 = torch.full((batch, 1), self.eos, device=self.device)
        y_B1F, state = self.rnn(self.embed(eos_B1), state)
        return y_B1F[:, 0], state

    @torch.inference_mode()
    def read_on(self, tokens_BT: Tensor, state: State) -> tuple[Tensor, State]:
        """Return the features [B, T, F] after each of some more tokens, and the state."""
        y_BTF, state = self.rnn(self.embed(tokens_BT), state)
        return y_BTF, state

    @torch.inference_mode()
    def predict_next(self, y: Tensor) -> Tensor:
        """Return the log-probs [..., V] of the next token, given features [..., F]."""
        return self.log_probs(self.logits(y))

    @torch.inference_mode()
    def read(self, tokens_BT: Tensor) -> tuple[Tensor, State]:
        """Return the log-probs [B, T+1, V] before the first token and after each, and the state."""
        y_BF, state = self.begin(tokens_BT.shape[0])
        y_BTF = y_BF[:, None]
        if tokens_BT.shape[1] > 0:
            rest_BTF, state = self.read_on(tokens_BT, state)
            y_BTF = torch.cat([y_BTF, rest_BTF], dim=1)
        return self.predict_next(y_BTF), state
