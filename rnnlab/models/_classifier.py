"""The classifier: predicts the class of a document.

Shapes: B documents, T words of the longest document, H features per word, C classes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells import State
from rnnlab.models._text_model import Example, Prediction, TextModel
from rnnlab.settings.run_config import RunConfig


class Classifier(TextModel):
    """A text model whose head predicts a class after a whole document."""

    def __init__(self, config: RunConfig, vocab_size: int, num_classes: int) -> None:
        """Create a classifier with random weights, drawn with the config's seed."""
        super().__init__(config, vocab_size, num_classes)
        self._pooling = config.pooling

    def forward(
        self, tokens_BT: Tensor, lengths_B: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the logits [B, C] of documents padded at their ends.

        lengths_B: number of words of each document, at least 1; padding has no effect.
        generator: draws the dropout masks; used in training mode only.
        """
        inputs = self.inputs(tokens_BT, generator)
        state = self.start_state(len(tokens_BT))
        y_BTH, _ = self.rnn(inputs, state, generator, lengths_B)
        pooled_B1H = self.pool(y_BTH, lengths_B)[:, None]
        return self.logits(self.drop_features(pooled_B1H, generator)[:, 0])

    def predict(
        self, example: Example, state: State, generator: torch.Generator | None = None
    ) -> Prediction:
        """Return the logits [B, C] of every document; `state` is returned unchanged."""
        tokens_BT, targets_B, lengths_B = example
        if lengths_B is None:
            lengths_B = torch.full_like(targets_B, tokens_BT.shape[1])
        return Prediction(self(tokens_BT, lengths_B, generator), targets_B, state)

    def pool(self, y_BTH: Tensor, lengths_B: Tensor) -> Tensor:
        """Return the features [B, H] of documents, pooled from their words; ignore padding."""
        if self._pooling == "last":
            return self._last_outputs(y_BTH, lengths_B)
        positions_T = torch.arange(y_BTH.shape[1], device=y_BTH.device)
        is_real_BT1 = (positions_T < lengths_B[:, None])[..., None]
        if self._pooling == "max":
            return y_BTH.masked_fill(~is_real_BT1, -torch.inf).amax(dim=1)
        wide = torch.promote_types(y_BTH.dtype, torch.float32)
        return (y_BTH * is_real_BT1).sum(dim=1, dtype=wide) / lengths_B[:, None]

    def _last_outputs(self, y_BTH: Tensor, lengths_B: Tensor) -> Tensor:
        """Return the last outputs [B, H]; those of the reverse direction are at the first word."""
        rows_B = torch.arange(len(y_BTH), device=y_BTH.device)
        last_BH = y_BTH[rows_B, lengths_B - 1]
        if not self.rnn.is_bidirectional:
            return last_BH
        hidden = self.rnn.hidden_size
        return torch.cat([last_BH[:, :hidden], y_BTH[:, 0, hidden:]], dim=1)
