"""A hypothesis: one continuation, linked to the hypothesis that it extends."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from rnnlab.decoding._numbers import Ids

End = Literal["eos", "stop"]
"""Why a text ended: the model's end of the sentence, or a stop string."""


class Hypothesis:
    """One continuation of a prompt; immutable by convention."""

    __slots__ = ("end", "length", "logprob", "parent", "prompt", "score", "token", "token_logprob")

    def __init__(
        self,
        parent: Hypothesis | None,
        token: int,
        token_logprob: float,
        logprob: float,
        score: float,
        length: int,
        end: End | None = None,
        prompt: int = 0,
    ) -> None:
        self.parent = parent
        """The hypothesis without the last token; None for the empty hypothesis."""
        self.token = token
        self.token_logprob = token_logprob
        """Log-prob of the last token by the model, in nats, before any filter."""
        self.logprob = logprob
        """Log-prob of all tokens by the model, in nats."""
        self.score = score
        """Value by which the search ranks the hypothesis."""
        self.length = length
        self.end = end
        """Why the text ended; None if it can be extended."""
        self.prompt = prompt
        """Number of the prompt that the hypothesis continues."""

    @property
    def is_finished(self) -> bool:
        """Whether the text has ended."""
        return self.end is not None

    def path(self) -> list[Hypothesis]:
        """Return the ancestors with 1, 2, ... tokens, followed by this hypothesis."""
        path: list[Hypothesis] = []
        node: Hypothesis | None = self
        while node is not None and node.length > 0:
            path.append(node)
            node = node.parent
        return path[::-1]

    def tokens(self) -> list[int]:
        """Return the token ids, EOS included."""
        return [node.token for node in self.path()]

    def token_logprobs(self) -> list[float]:
        """Return the model's log-prob of each token in nats."""
        return [node.token_logprob for node in self.path()]

    def last_tokens(self, num: int) -> list[int]:
        """Return the last `num` tokens, or all if there are fewer."""
        tokens: list[int] = []
        node: Hypothesis | None = self
        while node is not None and node.length > 0 and len(tokens) < num:
            tokens.append(node.token)
            node = node.parent
        return tokens[::-1]

    def extended(self, token: int, logprob: float, score: float, end: End | None) -> Hypothesis:
        """Return this hypothesis with one more token."""
        return Hypothesis(
            self, token, logprob, self.logprob + logprob, score, self.length + 1, end, self.prompt
        )


def empty_hypothesis(prompt: int = 0) -> Hypothesis:
    """Return the hypothesis without tokens."""
    return Hypothesis(None, -1, 0.0, 0.0, 0.0, 0, prompt=prompt)


class Candidates(NamedTuple):
    """N candidates: each extends a hypothesis of one generation by one token."""

    parents_N: Ids
    """Number of each candidate's parent in the generation."""
    tokens_N: Ids
    token_logprobs_N: npt.NDArray[np.float64]
    scores_N: npt.NDArray[np.float64]

    def at(self, places: Ids | npt.NDArray[np.bool_] | slice) -> Candidates:
        """Return the candidates at some places, or those that a mask selects."""
        return Candidates(
            self.parents_N[places],
            self.tokens_N[places],
            self.token_logprobs_N[places],
            self.scores_N[places],
        )


class Generation:
    """The live hypotheses of one prompt and length, as arrays; objects are created on access.

    For a beam of 100, creating all objects would take longer than the step of the model.
    """

    def __init__(self, previous: Generation | None, candidates: Candidates, prompt: int) -> None:
        self._previous = previous
        self._candidates = candidates
        self._prompt = prompt
        self._hypotheses: list[Hypothesis | None] = [None] * len(candidates.tokens_N)
        self.length: int = 0 if previous is None else previous.length + 1
        self.scores_N = candidates.scores_N
        """Score of each hypothesis, by which the search ranks it."""

    @classmethod
    def empty(cls, prompt: int) -> Generation:
        """Return the generation with only the empty hypothesis."""
        zeros = np.zeros(1)
        empty = Candidates(np.zeros(1, np.int64), np.full(1, -1, np.int64), zeros, zeros)
        generation = cls(None, empty, prompt)
        generation._hypotheses = [empty_hypothesis(prompt)]
        return generation

    def __len__(self) -> int:
        return len(self._hypotheses)

    def hypothesis(self, number: int) -> Hypothesis:
        """Return a hypothesis by its number."""
        missing: list[tuple[Generation, int]] = []
        generation: Generation = self
        hypothesis = generation._hypotheses[number]
        while hypothesis is None:
            missing.append((generation, number))
            number = int(generation._candidates.parents_N[number])
            assert generation._previous is not None
            generation = generation._previous
            hypothesis = generation._hypotheses[number]
        for generation, number in reversed(missing):
            hypothesis = hypothesis.extended(*generation._extension(number), None)
            generation._hypotheses[number] = hypothesis
        return hypothesis

    def hypotheses(self) -> list[Hypothesis]:
        """Return all hypotheses, in their order."""
        return [self.hypothesis(number) for number in range(len(self))]

    def _extension(self, number: int) -> tuple[int, float, float]:
        _, tokens_N, logprobs_N, scores_N = self._candidates
        return int(tokens_N[number]), float(logprobs_N[number]), float(scores_N[number])
