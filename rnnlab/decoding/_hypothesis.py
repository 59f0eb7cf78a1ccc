"""A hypothesis: one continuation, linked to the shorter one that it extends."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from rnnlab.decoding._numbers import Ids

End = Literal["eos", "stop"]
"""What ended a text: the model's own end of the sentence, or a stop string."""


class Hypothesis:
    """One continuation; it is never changed once made."""

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
        """The hypothesis without the last token; None for the empty one."""
        self.token = token
        self.token_logprob = token_logprob
        """The model's own log-prob of the last token in nats, before any filter."""
        self.logprob = logprob
        """The model's own log-prob of all tokens in nats."""
        self.score = score
        """What the search ranks by."""
        self.length = length
        self.end = end
        """What ended the text; None while it can go on."""
        self.prompt = prompt
        """Number of the prompt that it continues."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing can follow."""
        return self.end is not None

    def path(self) -> list[Hypothesis]:
        """Return the hypotheses from the first token to this one."""
        path: list[Hypothesis] = []
        node: Hypothesis | None = self
        while node is not None and node.length > 0:
            path.append(node)
            node = node.parent
        return path[::-1]

    def tokens(self) -> list[int]:
        """Return the tokens, the end of the sentence included."""
        return [node.token for node in self.path()]

    def token_logprobs(self) -> list[float]:
        """Return the model's own log-prob of each token in nats."""
        return [node.token_logprob for node in self.path()]

    def last_tokens(self, num: int) -> list[int]:
        """Return the last `num` tokens, or all where there are fewer."""
        found: list[int] = []
        node: Hypothesis | None = self
        while node is not None and node.length > 0 and len(found) < num:
            found.append(node.token)
            node = node.parent
        return found[::-1]

    def extended(self, token: int, logprob: float, score: float, end: End | None) -> Hypothesis:
        """Return this hypothesis with one more token."""
        return Hypothesis(
            self, token, logprob, self.logprob + logprob, score, self.length + 1, end, self.prompt
        )


def empty_hypothesis(prompt: int = 0) -> Hypothesis:
    """Return the hypothesis without tokens."""
    return Hypothesis(None, -1, 0.0, 0.0, 0.0, 0, prompt=prompt)


class Candidates(NamedTuple):
    """Extensions of one generation by a token each, as arrays over N of them."""

    parents_N: Ids
    """Numbers of the hypotheses that they extend, within the generation before."""
    tokens_N: Ids
    token_logprobs_N: npt.NDArray[np.float64]
    scores_N: npt.NDArray[np.float64]

    def at(self, places: Ids | npt.NDArray[np.bool_]) -> Candidates:
        """Return some of them."""
        return Candidates(
            self.parents_N[places],
            self.tokens_N[places],
            self.token_logprobs_N[places],
            self.scores_N[places],
        )


class Generation:
    """The live hypotheses of one prompt and length; objects are only made when asked for.

    A beam of a hundred would otherwise spend more time on making them than the model on its step.
    """

    def __init__(self, previous: Generation | None, candidates: Candidates, prompt: int) -> None:
        self._previous = previous
        self._candidates = candidates
        self._prompt = prompt
        self._made: list[Hypothesis | None] = [None] * len(candidates.tokens_N)
        self.length: int = 0 if previous is None else previous.length + 1
        self.scores_N = candidates.scores_N
        """What each is ranked by."""

    @classmethod
    def empty(cls, prompt: int) -> Generation:
        """Return the generation that holds the empty hypothesis alone."""
        zeros = np.zeros(1)
        nothing = Candidates(np.zeros(1, np.int64), np.full(1, -1, np.int64), zeros, zeros)
        generation = cls(None, nothing, prompt)
        generation._made = [empty_hypothesis(prompt)]
        return generation

    def __len__(self) -> int:
        return len(self._made)

    def hypothesis(self, number: int) -> Hypothesis:
        """Return one of them."""
        missing: list[tuple[Generation, int]] = []
        generation: Generation = self
        made = generation._made[number]
        while made is None:
            missing.append((generation, number))
            number = int(generation._candidates.parents_N[number])
            assert generation._previous is not None
            generation = generation._previous
            made = generation._made[number]
        for generation, number in reversed(missing):
            made = made.extended(*generation._extension(number), None)
            generation._made[number] = made
        return made

    def hypotheses(self) -> list[Hypothesis]:
        """Return all of them, in their order."""
        return [self.hypothesis(number) for number in range(len(self))]

    def _extension(self, number: int) -> tuple[int, float, float]:
        _, tokens_N, logprobs_N, scores_N = self._candidates
        return int(tokens_N[number]), float(logprobs_N[number]), float(scores_N[number])
