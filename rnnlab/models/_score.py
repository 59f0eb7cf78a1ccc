"""The log-probability of a text under a model.

Shapes: T tokens, V tokens of the vocabulary, F features (inputs of the head).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from rnnlab.corpora import Progress, silent
from rnnlab.models._checkpoint import LoadedModel

_CHUNK = 4096
"""Maximum number of tokens per forward pass; bounds the memory of the log-probs [T, V]."""


class TextScore(NamedTuple):
    """The log-probability of a text that the model reads from its initial state."""

    tokens: list[str]
    token_logprobs: list[float]
    """Log-prob of each token given all previous tokens, in nats."""
    logprob: float
    """Sum of `token_logprobs`, in nats."""
    num_letters: int
    """Number of characters of the text."""
    eos_logprob: float | None
    """Log-prob that the sentence ends after the text; None for a model of streams."""

    @property
    def loss_nats(self) -> float:
        """Mean loss per token, in nats; 0 for an empty text."""
        return -self.logprob / len(self.tokens) if self.tokens else 0.0

    @property
    def bits_per_char(self) -> float:
        """Mean loss per character, in bits; 0 for an empty text."""
        return -self.logprob / math.log(2) / self.num_letters if self.num_letters else 0.0


def score_text(loaded: LoadedModel, text: str, progress: Progress = silent) -> TextScore:
    """Return the log-prob of every token of a text.

    progress: called with the number of tokens read, and the number of all.
    Raises BadInputError for characters that are not in the vocabulary, and for a classifier.
    """
    model, vocabulary = loaded.language_model, loaded.vocabulary
    # Normalise only if necessary: in a generated text, a letter and a combining mark may be two
    # tokens, which NFC would join.
    if vocabulary.unknown(vocabulary.split(text)):
        text = vocabulary.normalise(text)
    ids = vocabulary.encode(text)
    y_1F, state = model.begin(1)
    token_logprobs: list[float] = []
    for first in range(0, len(ids), _CHUNK):
        chunk_1T = torch.from_numpy(ids[first : first + _CHUNK])[None].to(model.device)
        y_1TF, state = model.read_on(chunk_1T, state)
        # The features before a token predict this token.
        before_1TF = torch.cat([y_1F[:, None], y_1TF[:, :-1]], dim=1)
        log_probs_1TV = model.predict_next(before_1TF)
        token_logprobs += log_probs_1TV.gather(2, chunk_1T[..., None])[0, :, 0].double().tolist()
        y_1F = y_1TF[:, -1]
        progress(len(token_logprobs), len(ids))
    eos = vocabulary.eos
    return TextScore(
        tokens=[vocabulary.tokens[i] for i in ids.tolist()],
        token_logprobs=token_logprobs,
        logprob=math.fsum(token_logprobs),
        num_letters=len(text),
        eos_logprob=None if eos is None else model.predict_next(y_1F)[0, eos].item(),
    )
