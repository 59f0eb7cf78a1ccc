"""How probable a model finds a text.

Shapes: T tokens, V tokens of the vocabulary, F features that the head reads.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from rnnlab.models._checkpoint import LoadedModel

_CHUNK = 4096
"""Tokens whose log-probs are held at once: a text may be long and a vocabulary large."""


class TextScore(NamedTuple):
    """How probable a model finds a text, from the start state on."""

    tokens: list[str]
    token_logprobs: list[float]
    """Log-prob of each token given all before it, in nats."""
    logprob: float
    """Their sum."""
    num_letters: int
    """Letters of the text."""
    eos_logprob: float | None
    """Log-prob that the sentence ends after the text; None for a model of streams."""

    @property
    def loss_nats(self) -> float:
        """Mean loss of a token."""
        return -self.logprob / len(self.tokens) if self.tokens else 0.0

    @property
    def bits_per_char(self) -> float:
        """The loss of the text in bits, spread over its letters."""
        return -self.logprob / math.log(2) / self.num_letters if self.num_letters else 0.0


def score_text(loaded: LoadedModel, text: str) -> TextScore:
    """Return the log-prob of every token of a text; raises BadInputError for unknown letters."""
    model, vocabulary = loaded.language_model, loaded.vocabulary
    # As it is if it can be: an answer's own text may hold a letter and a mark that NFC would join.
    if vocabulary.unknown(vocabulary.split(text)):
        text = vocabulary.normalise(text)
    ids = vocabulary.encode(text)
    y_1F, state = model.begin(1)
    picked: list[float] = []
    for first in range(0, len(ids), _CHUNK):
        chunk_1T = torch.from_numpy(ids[first : first + _CHUNK])[None].to(model.device)
        y_1TF, state = model.read_on(chunk_1T, state)
        # A token is predicted from the features before it.
        before_1TF = torch.cat([y_1F[:, None], y_1TF[:, :-1]], dim=1)
        log_probs_1TV = model.predict_next(before_1TF)
        picked += log_probs_1TV.gather(2, chunk_1T[..., None])[0, :, 0].double().tolist()
        y_1F = y_1TF[:, -1]
    eos = vocabulary.eos
    return TextScore(
        tokens=[vocabulary.tokens[i] for i in ids.tolist()],
        token_logprobs=picked,
        logprob=math.fsum(picked),
        num_letters=len(text),
        eos_logprob=None if eos is None else model.predict_next(y_1F)[0, eos].item(),
    )
