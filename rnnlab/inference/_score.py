"""The log-probability of a text under a model.

Shapes: T tokens, V tokens of the vocabulary, F features (inputs of the head).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from rnnlab.corpora import Ids, Progress, Vocabulary, silent
from rnnlab.inference._loaded import LoadedModel

_CHUNK = 4096
"""Maximum number of tokens per forward pass; bounds the memory of the log-probs [T, V]."""
_LOG_PROBS = 2**24
"""Maximum number of log-probs per forward pass, for a large vocabulary."""


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


def encode_text(vocabulary: Vocabulary, text: str) -> tuple[str, Ids]:
    """Return a text as it is read, and its token ids.

    Raises BadInputError for characters that are not in the vocabulary.
    """
    # Normalise only if necessary: in a generated text, a letter and a combining mark may be two
    # tokens, which NFC would join.
    if vocabulary.unknown(vocabulary.split(text)):
        text = vocabulary.normalise(text)
    return text, vocabulary.encode(text)


def score_text(loaded: LoadedModel, text: str, progress: Progress = silent) -> TextScore:
    """Return the log-prob of every token of a text.

    progress: called with the number of tokens read, and the number of all.
    Raises BadInputError for characters that are not in the vocabulary, and for a classifier.
    """
    stepper, vocabulary = loaded.stepper, loaded.vocabulary
    text, ids = encode_text(vocabulary, text)
    state = stepper.begin()
    token_logprobs: list[float] = []
    chunk = max(1, min(_CHUNK, _LOG_PROBS // len(vocabulary)))
    for first in range(0, len(ids), chunk):
        chunk_T = ids[first : first + chunk]
        y_1F = stepper.features(state)
        y_1TF, state = stepper.read(state, chunk_T[None])
        # The features before a token predict this token.
        log_probs_TV = stepper.predict(np.concatenate([y_1F, y_1TF[0, :-1]]))
        token_logprobs += log_probs_TV[np.arange(len(chunk_T)), chunk_T].tolist()
        progress(len(token_logprobs), len(ids))
    eos = vocabulary.eos
    last_1V = stepper.predict(stepper.features(state))
    return TextScore(
        tokens=[vocabulary.tokens[i] for i in ids.tolist()],
        token_logprobs=token_logprobs,
        logprob=math.fsum(token_logprobs),
        num_letters=len(text),
        eos_logprob=None if eos is None else float(last_1V[0, eos]),
    )
