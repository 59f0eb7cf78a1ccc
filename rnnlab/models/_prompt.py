"""A trained model continues a text, or says how probable it finds one.

Shapes: R rows (one for each sample, one for a search), T tokens, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch

from rnnlab.cells import select
from rnnlab.corpora import Vocabulary
from rnnlab.decoding import Frame, Hypothesis, Spec, Start
from rnnlab.models._checkpoint import LoadedModel
from rnnlab.runs.prompts import Answer


@dataclass(frozen=True)
class Growth:
    """How far a decoder has come; answers are only spelled out when asked for."""

    frame: Frame
    spec: Spec
    prompt: str
    vocabulary: Vocabulary
    num: int | None

    @property
    def is_last(self) -> bool:
        """Whether the decoder has ended."""
        return self.frame.is_last

    def answers(self) -> list[Answer]:
        """Return the continuations so far, best first."""
        best_first = sorted(self.frame.hypotheses, key=lambda h: -h.score)
        if self.spec.decoder.is_random:
            best_first = self.frame.hypotheses
        return [self._answer(h, i) for i, h in enumerate(best_first[: self.num], 1)]

    def _answer(self, hypothesis: Hypothesis, rank: int) -> Answer:
        ids = hypothesis.tokens()
        continuation = self.vocabulary.decode(ids, after=self.prompt)
        return Answer(
            decoder=self.spec.text,
            chain=self.spec.chain,
            rank=rank,
            text=self.prompt + continuation,
            continuation=continuation,
            finished=hypothesis.is_finished,
            logprob=hypothesis.logprob,
            score=hypothesis.score,
            tokens=[self.vocabulary.tokens[i] for i in ids],
            token_logprobs=hypothesis.token_logprobs(),
        )


def continue_text(
    loaded: LoadedModel, prompt: str, spec: Spec, length: int, num: int | None = None, seed: int = 1
) -> Iterator[Growth]:
    """Continue `prompt` by at most `length` tokens, one step of the search at a time.

    num: samples of a random decoder (None: one) or best hypotheses of a search (None: all).
    Raises BadInputError when the prompt has letters that the model does not know.
    """
    model, vocabulary = loaded.language_model, loaded.vocabulary
    prompt = vocabulary.normalise(prompt)
    if vocabulary.kind == "words":
        prompt = prompt.rstrip(" ")  # the next word brings its own space
    ids_1T = torch.from_numpy(vocabulary.encode(prompt))[None].to(model.device)
    log_probs_1TV, state = model.read(ids_1T)
    num_rows = (num or 1) if spec.decoder.is_random else 1
    rows_R = torch.zeros(num_rows, dtype=torch.int64, device=ids_1T.device)
    start = Start(
        log_probs_1TV[:, -1].index_select(0, rows_R), select(state, rows_R), vocabulary.eos
    )
    generators = [torch.Generator().manual_seed(seed * 1_000_003 + row) for row in range(num_rows)]
    for frame in spec.decoder.search(model.step, start, spec.options, length, generators):
        yield Growth(frame, spec, prompt, vocabulary, num)


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
    known = set(vocabulary.tokens)
    text = text if set(text) <= known else vocabulary.normalise(text)
    ids = vocabulary.encode(text)
    ids_1T = torch.from_numpy(ids)[None].to(model.device)
    log_probs_1TV, _ = model.read(ids_1T)
    picked = log_probs_1TV[:, :-1].gather(2, ids_1T[..., None])[0, :, 0].double().tolist()
    eos = vocabulary.eos
    return TextScore(
        tokens=[vocabulary.tokens[i] for i in ids.tolist()],
        token_logprobs=picked,
        logprob=math.fsum(picked),
        num_letters=len(text),
        eos_logprob=None if eos is None else log_probs_1TV[0, -1, eos].item(),
    )
