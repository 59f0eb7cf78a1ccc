"""The language model: predicts the next token.

Shapes: B sequences, T tokens, V tokens of the vocabulary, H hidden units.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells import State
from rnnlab.models._text_model import Example, Prediction, TextModel
from rnnlab.settings.run_config import RunConfig


class LanguageModel(TextModel):
    """A text model whose head predicts the next token after every token."""

    def __init__(self, config: RunConfig, vocab_size: int, eos: int | None) -> None:
        """Create a model with random weights, drawn with the config's seed.

        eos: id of the sentence boundary, read before the first token; None for a stream.
        """
        super().__init__(config, vocab_size, vocab_size)
        self.eos = eos

    def forward(
        self, tokens_BT: Tensor, state: State, generator: torch.Generator | None = None
    ) -> tuple[Tensor, State]:
        """Return the logits [B, T, V] of each next token, and the last state.

        generator: draws the dropout masks; used in training mode only.
        """
        y_BTH, state = self.rnn(self.inputs(tokens_BT, generator), state, generator)
        return self.logits(self.drop_features(y_BTH, generator)), state

    def predict(
        self, example: Example, state: State, generator: torch.Generator | None = None
    ) -> Prediction:
        """Return the logits [B * T, V] of every next token; padding has target -100 (ignored)."""
        logits_BTV, state = self(example.tokens_BT, state, generator)
        return Prediction(logits_BTV.flatten(0, 1), example.targets.flatten(), state)

    @torch.inference_mode()
    def step(self, state: State, tokens_B: Tensor) -> tuple[Tensor, State]:
        """Read one token per row; return the log-probs [B, V] of the next token, and the state.

        Log-probs are in nats. Decoders call this through a `Stepper`.
        """
        y_BH, state = self.rnn.step(self.embed(tokens_B), state)
        return self.log_probs(self.logits(y_BH)), state

    @torch.inference_mode()
    def begin(self, batch: int) -> tuple[Tensor, State]:
        """Return the head's input [B, F] before the first token, and the state.

        A sentence model reads EOS before the first token. For a stream, which has no boundary,
        the head reads h of the initial state.
        """
        state = self.start_state(batch)
        if self.eos is None:
            return state[-1][0], state
        eos_B1 = torch.full((batch, 1), self.eos, device=self.device)
        y_B1F, state = self.rnn(self.inputs(eos_B1), state)
        return y_B1F[:, 0], state

    @torch.inference_mode()
    def read_on(self, tokens_BT: Tensor, state: State) -> tuple[Tensor, State]:
        """Return the features [B, T, F] after each token, and the state after the last token."""
        y_BTF, state = self.rnn(self.inputs(tokens_BT), state)
        return y_BTF, state

    @torch.inference_mode()
    def predict_next(self, y: Tensor) -> Tensor:
        """Return the log-probs [..., V] in nats of the next token, given features [..., F]."""
        return self.log_probs(self.logits(y))

    @torch.inference_mode()
    def read(self, tokens_BT: Tensor) -> tuple[Tensor, State]:
        """Return the log-probs [B, T+1, V] before the first and after each token, and the state."""
        y_BF, state = self.begin(tokens_BT.shape[0])
        y_BTF = y_BF[:, None]
        if tokens_BT.shape[1] > 0:
            rest_BTF, state = self.read_on(tokens_BT, state)
            y_BTF = torch.cat([y_BTF, rest_BTF], dim=1)
        return self.predict_next(y_BTF), state
