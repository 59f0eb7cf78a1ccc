"""The tree of a search: where hypotheses part, and which branches died."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rnnlab.decoding._trace import TracedHypothesis, TracedStep

_SHOWN_FROM = 8
"""Tokens that a branch that died has lived for at least to be worth a line."""
_NOTHING_LEFT = "no extension of it was kept"


@dataclass
class Branch:
    """A stretch of text without a fork, and what it forks into."""

    tokens: list[str]
    logprob: float = 0.0
    """The model's own, of the whole text up to its end, in nats."""
    fate: str = ""
    """Of a leaf: `eos`, `stop`, `length`, `time`, `stuck`, or why it was given up."""
    is_alive: bool = True
    """Whether it leads to an answer."""
    branches: list[Branch] = field(default_factory=list)
    """Those that lead to answers, the most probable first; then those that died."""


def grow_tree(steps: Sequence[TracedStep], max_dead: int = 2) -> Branch:
    """Return the tree of one prompt's search, all of its steps given.

    max_dead: branches listed at a fork that died, those that lived longest; one of a few tokens is
    not listed.
    """
    made = {h.id: h for step in steps for h in step.hypotheses}
    children: dict[int, list[TracedHypothesis]] = {}
    for hypothesis in made.values():
        children.setdefault(hypothesis.parent, []).append(hypothesis)
    heights = _heights(made, children)
    ends = {answer.id: answer.end for step in steps for answer in step.answers}
    alive = _alive(made, ends)
    best = _best(made, alive)
    root = Branch([])
    growing = [(root, 0)]
    while growing:
        branch, node = growing.pop()
        while True:
            below = children.get(node, [])
            kept = sorted((h for h in below if h.id in alive), key=lambda h: -best[h.id])
            dead = [h for h in below if h.id not in alive and heights[h.id] >= _SHOWN_FROM]
            dead = sorted(dead, key=lambda h: -heights[h.id])[:max_dead]
            if len(kept) != 1 or dead or node in ends:
                break
            node = kept[0].id
            branch.tokens.append(kept[0].token)
        if node:
            branch.logprob = made[node].logprob
        branch.fate = ends.get(node, "")
        branch.branches = [Branch([h.token]) for h in kept]
        growing += [(child, h.id) for child, h in zip(branch.branches, kept, strict=True)]
        branch.branches += [_dead_branch(h, children, heights) for h in dead]
    return root


def _heights(
    made: dict[int, TracedHypothesis], children: dict[int, list[TracedHypothesis]]
) -> dict[int, int]:
    """Return how many tokens each hypothesis's branch has from it on."""
    heights: dict[int, int] = {}
    for node in sorted(made, reverse=True):  # a child's number is higher than its parent's
        heights[node] = 1 + max((heights[h.id] for h in children.get(node, ())), default=0)
    return heights


def _alive(made: dict[int, TracedHypothesis], answers: Iterable[int]) -> set[int]:
    """Return the hypotheses that lead to an answer."""
    alive: set[int] = set()
    for answer in answers:
        node = answer
        while node and node not in alive:
            alive.add(node)
            node = made[node].parent
    return alive


def _best(made: dict[int, TracedHypothesis], alive: set[int]) -> dict[int, float]:
    """Return the log-prob of the best answer that each hypothesis leads to."""
    best: dict[int, float] = {}
    for node in sorted(alive, reverse=True):
        best.setdefault(node, made[node].logprob)
        parent = made[node].parent
        best[parent] = max(best.get(parent, best[node]), best[node])
    return best


def _dead_branch(
    hypothesis: TracedHypothesis,
    children: dict[int, list[TracedHypothesis]],
    heights: dict[int, int],
) -> Branch:
    """Return the longest text of a branch that died, and why it did."""
    tokens = [hypothesis.token]
    while below := children.get(hypothesis.id):
        hypothesis = max(below, key=lambda h: (heights[h.id], h.logprob))
        tokens.append(hypothesis.token)
    fate = _NOTHING_LEFT if hypothesis.fate == "kept" else hypothesis.fate
    return Branch(tokens, hypothesis.logprob, fate, is_alive=False)
