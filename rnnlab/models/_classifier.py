"""The classifier: of which class is a document?

Shapes: B documents, T words of the longest, H features of a word, C classes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells import State
from rnnlab.models._text_model import Example, Prediction, TextModel
from rnnlab.settings.run_config import RunConfig


class Classifier(TextModel):
    """A head over the classes, after a whole document."""

    def __init__(self, config: RunConfig, vocab_size: int, num_classes: int) -> None:
        """Make a classifier with initial weights."""
        super().__init__(config, vocab_size, num_classes)
        self._pooling = config.pooling

    def forward(
        self, tokens_BT: Tensor, lengths_B: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the logits [B, C] of documents padded at their ends.

        lengths_B: words of each document, at least one; what stands beyond does not matter.
        generator: decides the dropout; it is only drawn from while training.
        """
        x_BTE = self.embed(tokens_BT, generator)
        state = self.start_state(len(tokens_BT))
        y_BTH, _ = self.rnn(x_BTE, state, generator, lengths_B)
        pooled_B1H = self.pool(y_BTH, lengths_B)[:, None]
        return self.logits(self.drop_features(pooled_B1H, generator)[:, 0])

    def predict(
        self, example: Example, state: State, generator: torch.Generator | None = None
    ) -> Prediction:
        """Return the logits of every document; no state is carried from one to another."""
        tokens_BT, targets_B, lengths_B = example
        if lengths_B is None:
            lengths_B = torch.full_like(targets_B, tokens_BT.shape[1])
        return Prediction(self(tokens_BT, lengths_B, generator), targets_B, state)

    def pool(self, y_BTH: Tensor, lengths_B: Tensor) -> Tensor:
        """Return what stands for a whole document [B, H]; padded places have no part in it."""
        if self._pooling == "last":
            return self._ends(y_BTH, lengths_B)
        places_T = torch.arange(y_BTH.shape[1], device=y_BTH.device)
        is_real_BT1 = (places_T < lengths_B[:, None])[..., None]
        if self._pooling == "max":
            return y_BTH.masked_fill(~is_real_BT1, -torch.inf).amax(dim=1)
        wide = torch.promote_types(y_BTH.dtype, torch.float32)
        return (y_BTH * is_real_BT1).sum(dim=1, dtype=wide) / lengths_B[:, None]

    def _ends(self, y_BTH: Tensor, lengths_B: Tensor) -> Tensor:
        """Return the outputs where each direction has read the whole document."""
        rows_B = torch.arange(len(y_BTH), device=y_BTH.device)
        last_BH = y_BTH[rows_B, lengths_B - 1]
        if not self.rnn.is_bidirectional:
            return last_BH
        hidden = self.rnn.hidden_size
        return torch.cat([last_BH[:, :hidden], y_BTH[:, 0, hidden:]], dim=1)
