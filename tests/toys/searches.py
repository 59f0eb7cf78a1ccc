"""A tree of histories, small enough for an exhaustive search, and a readable beam search.

Shapes: P prompts, R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnlab.decoding import Frame, Hypothesis, Prompt, SearchStart, parse_spec

Array = npt.NDArray[Any]
State = tuple[tuple[Array, ...], ...]
History = tuple[int, ...]
V, EOS = 4, 3
PARTS = [(0, 0), (0, 1), (1, 0), (1, 1)]
"""h and c of two layers."""


def log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max()
    found: Array = shifted - np.log(np.exp(shifted).sum())
    return found


@cache
def part_logits(seed: int, part: int, history: History) -> tuple[float, ...]:
    """Return logits [V] of standard deviation 1: a hash, which costs less than a generator."""
    digest = blake2b(f"{seed} {part} {history}".encode(), digest_size=8 * V).digest()
    return tuple(math.sqrt(3) * number / 2**63 for number in struct.unpack(f"{V}q", digest))


@cache
def log_probs_after(seed: int, histories: tuple[History, ...]) -> Array:
    """Log-probs [V] of the next token, to which each part of the state gives its share."""
    parts = [part_logits(seed, part, history) for part, history in enumerate(histories)]
    logits = [math.fsum(logits) for logits in zip(*parts, strict=True)]
    mass = math.log(math.fsum(map(math.exp, logits)))
    log_probs_V = np.array([logit - mass for logit in logits])
    log_probs_V.flags.writeable = False
    return log_probs_V


def after(seed: int, history: History) -> Array:
    return log_probs_after(seed, (history,) * len(PARTS))


class Tree:
    """A step whose state is the history: every part of it numbers the tokens read so far."""

    def __init__(self, seed: int, forgets: tuple[int, int] | None = None) -> None:
        self.seed = seed
        self.forgets = forgets
        """The part whose rows stay where they are, whatever the parents."""
        self.rows_read: list[list[int]] = []
        """Tokens of each call of `step`."""
        self._numbers: dict[History, int] = {(): 0}
        self.histories: list[History] = [()]

    def start(
        self, eos: int | None, prompts: Sequence[History] = ((),), pieces: Sequence[str] = ()
    ) -> SearchStart:
        read = self._number(list(prompts))
        return SearchStart(
            np.stack([after(self.seed, prompt) for prompt in prompts]),
            ((read, read), (read, read)),
            eos,
            [Prompt(prompt) for prompt in prompts],
            pieces,
        )

    def step(self, state: State, parents_R: Array, tokens_R: Array) -> tuple[Array, State]:
        assert parents_R.shape == tokens_R.shape
        self.rows_read.append(tokens_R.tolist())
        grown = []
        for layer, part in PARTS:
            old_R1 = state[layer][part]
            rows_R = parents_R
            if (layer, part) == self.forgets:
                rows_R = np.arange(len(parents_R)) % len(old_R1)
            histories = [self.histories[number] for number in old_R1[rows_R, 0].tolist()]
            tokens = tokens_R.tolist()
            grown.append([(*h, token) for h, token in zip(histories, tokens, strict=True)])
        log_probs_RV = np.stack(
            [log_probs_after(self.seed, histories) for histories in zip(*grown, strict=True)]
        )
        numbered = [self._number(histories) for histories in grown]
        return log_probs_RV, ((numbered[0], numbered[1]), (numbered[2], numbered[3]))

    def _number(self, histories: list[History]) -> Array:
        for history in histories:
            if history not in self._numbers:
                self._numbers[history] = len(self.histories)
                self.histories.append(history)
        return np.array([[self._numbers[history]] for history in histories])


def no_chance(num: int) -> list[np.random.Generator]:
    return [np.random.default_rng(0) for _ in range(num)]


def run(
    spec: str,
    tree: Tree,
    eos: int | None,
    length: int,
    prompts: Sequence[History] = ((),),
    pieces: Sequence[str] = (),
) -> list[Frame]:
    parsed = parse_spec(spec)
    start = tree.start(eos, prompts, pieces)
    generators = no_chance(len(prompts))
    return list(parsed.decoder.search(tree.step, start, parsed.options, length, generators))


def run_flat(
    spec: str, log_probs_V: Array, length: int, eos: int | None = None, pieces: Sequence[str] = ()
) -> tuple[list[Frame], list[int]]:
    """Search where the next token is always drawn from the same distribution.

    Return the frames and how many rows each model step had.
    """
    num_rows = []

    def step(state: object, parents_R: Array, tokens_R: Array) -> tuple[Array, object]:
        num_rows.append(len(tokens_R))
        return np.tile(log_probs_V, (len(tokens_R), 1)), state

    parsed = parse_spec(spec)
    start = SearchStart(log_probs_V[None], None, eos, pieces=pieces)
    frames = list(parsed.decoder.search(step, start, parsed.options, length, no_chance(1)))
    return frames, num_rows


def answers(frame: Frame) -> list[History]:
    return [tuple(hypothesis.tokens()) for hypothesis in frame.hypotheses]


def figures(frame: Frame) -> list[tuple[int, History, float, float, str | None]]:
    return [(h.prompt, tuple(h.tokens()), h.score, h.logprob, h.end) for h in frame.hypotheses]


def true_logprob(seed: int, tokens: History, prompt: History = ()) -> float:
    return math.fsum(
        float(after(seed, (*prompt, *tokens[:i]))[token]) for i, token in enumerate(tokens)
    )


def is_true_logprob(seed: int, hypothesis: Hypothesis, prompt: History = ()) -> bool:
    """Whether the log-prob is that of the tree, up to the rounding of a sum over the tokens."""
    expected = true_logprob(seed, tuple(hypothesis.tokens()), prompt)
    bound = hypothesis.length * float(np.finfo(np.float64).eps) * abs(expected)
    return abs(hypothesis.logprob - expected) <= bound


def brute_force(
    seed: int, eos: int | None, length: int, base: Callable[[int], float] = lambda _: 1.0
) -> list[tuple[History, float]]:
    """All texts with their scores, best first; a score is the log-prob over `base(length)`."""
    found = []
    for size in range(1, length + 1):
        for tokens in itertools.product(range(V), repeat=size):
            is_finished = tokens[-1] == eos
            if eos in tokens[:-1] or (size < length and not is_finished):
                continue
            found.append((tokens, true_logprob(seed, tokens) / base(size)))
    return sorted(found, key=lambda text: -text[1])


def naive_beam(
    seed: int,
    eos: int | None,
    length: int,
    k: int,
    n: int,
    base: Callable[[int], float] = lambda _: 1.0,
    early: str = "decided",
    gap: float = math.inf,
) -> tuple[list[tuple[History, float]], int]:
    """Beam search in plain lists, to read next to the docstring of `rnnlab/decoding/beam.py`.

    Return the n best texts with their scores, total / base(length), and the number of steps.
    """
    live: list[tuple[History, float]] = [((), 0.0)]  # with totals: their scores still change
    finished: list[tuple[History, float]] = []  # with scores
    for size in range(1, length + 1):
        # Extend: every live hypothesis by every token.
        candidates = [
            ((*tokens, token), total + logprob)
            for tokens, total in live
            for token, logprob in enumerate(after(seed, tokens).tolist())
        ]
        # Select: best first, until k are live. Those that end a text on the way are finished.
        live = []
        for rank, (tokens, total) in enumerate(sorted(candidates, key=lambda text: -text[1])):
            if len(live) == k:
                break
            if tokens[-1] == eos:
                if early == "full" and rank >= k:
                    continue
                finished.append((tokens, total / base(size)))
            else:
                live.append((tokens, total))
        finished = sorted(finished, key=lambda text: -text[1])[:k]
        # Prune: those too far below the best score so far.
        best = max([live[0][1] / base(size), *(score for _, score in finished)])
        live = [text for text in live if text[1] / base(size) >= best - gap]
        # Stop: totals only fall, so that no score exceeds the best total at the greatest length.
        can_win = not live or len(finished) < n or live[0][1] / base(length) > finished[n - 1][1]
        if (early == "decided" and not can_win) or (early == "full" and len(finished) == k):
            live = []
        if not live:
            break
    # Answer: the n best of the finished and the live hypotheses.
    texts = [*finished, *((tokens, total / base(size)) for tokens, total in live)]
    return sorted(texts, key=lambda text: -text[1])[:n], size


def given_up(frame: Frame, reason: str = "", prompt: int | None = None) -> list[Hypothesis]:
    """Return the pruned hypotheses of a frame whose reason contains a text."""
    return [
        h
        for hypotheses, why in frame.pruned
        for h in hypotheses()
        if reason in why and prompt in {None, h.prompt}
    ]
