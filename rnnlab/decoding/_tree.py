"""The tree of a search: where hypotheses diverge, and which branches were pruned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rnnlab.decoding._trace import TracedHypothesis, TracedStep

_SHOWN_FROM = 8
"""Minimum number of tokens of a pruned branch that the tree lists."""
_NOTHING_LEFT = "no extension of it was kept"


@dataclass
class Branch:
    """A part of a text without a fork, and the branches that follow it."""

    tokens: list[str]
    logprob: float = 0.0
    """Log-prob by the model of the whole text up to the end of the branch, in nats."""
    fate: str = ""
    """End of a leaf: `eos`, `stop`, `length`, `time`, `stuck`, or why it was pruned. Else empty."""
    is_alive: bool = True
    """Whether the branch leads to an answer."""
    branches: list[Branch] = field(default_factory=list)
    """Branches that lead to answers, the most probable first; then the pruned ones."""


def grow_tree(steps: Sequence[TracedStep], max_dead: int = 2) -> Branch:
    """Return the tree of one prompt's search, given all of its steps.

    max_dead: maximum number of pruned branches listed at a fork: the longest ones, of at least
    8 tokens.
    """
    by_id = {h.id: h for step in steps for h in step.hypotheses}
    children: dict[int, list[TracedHypothesis]] = {}
    for hypothesis in by_id.values():
        children.setdefault(hypothesis.parent, []).append(hypothesis)
    heights = _heights(by_id, children)
    ends = {answer.id: answer.end for step in steps for answer in step.answers}
    alive = _alive(by_id, ends)
    best = _best(by_id, alive)
    root = Branch([])
    stack = [(root, 0)]
    while stack:
        branch, node = stack.pop()
        while True:
            below = children.get(node, [])
            survivors = sorted((h for h in below if h.id in alive), key=lambda h: -best[h.id])
            dead = [h for h in below if h.id not in alive and heights[h.id] >= _SHOWN_FROM]
            dead = sorted(dead, key=lambda h: -heights[h.id])[:max_dead]
            if len(survivors) != 1 or dead or node in ends:
                break
            node = survivors[0].id
            branch.tokens.append(survivors[0].token)
        if node:
            branch.logprob = by_id[node].logprob
        branch.fate = ends.get(node, "")
        branch.branches = [Branch([h.token]) for h in survivors]
        stack += [(child, h.id) for child, h in zip(branch.branches, survivors, strict=True)]
        branch.branches += [_dead_branch(h, children, heights) for h in dead]
    return root


def _heights(
    by_id: dict[int, TracedHypothesis], children: dict[int, list[TracedHypothesis]]
) -> dict[int, int]:
    """Return for each hypothesis the number of tokens of the longest text from its token on."""
    heights: dict[int, int] = {}
    for node in sorted(by_id, reverse=True):  # a child's id is higher than its parent's
        heights[node] = 1 + max((heights[h.id] for h in children.get(node, ())), default=0)
    return heights


def _alive(by_id: dict[int, TracedHypothesis], answers: Iterable[int]) -> set[int]:
    """Return the ids of the hypotheses that lead to an answer."""
    alive: set[int] = set()
    for answer in answers:
        node = answer
        while node and node not in alive:
            alive.add(node)
            node = by_id[node].parent
    return alive


def _best(by_id: dict[int, TracedHypothesis], alive: set[int]) -> dict[int, float]:
    """Return for each hypothesis the log-prob of the best answer to which it leads."""
    best: dict[int, float] = {}
    for node in sorted(alive, reverse=True):
        best.setdefault(node, by_id[node].logprob)
        parent = by_id[node].parent
        best[parent] = max(best.get(parent, best[node]), best[node])
    return best


def _dead_branch(
    hypothesis: TracedHypothesis,
    children: dict[int, list[TracedHypothesis]],
    heights: dict[int, int],
) -> Branch:
    """Return a pruned branch: its longest text, and why the search pruned this text."""
    tokens = [hypothesis.token]
    while below := children.get(hypothesis.id):
        hypothesis = max(below, key=lambda h: (heights[h.id], h.logprob))
        tokens.append(hypothesis.token)
    fate = _NOTHING_LEFT if hypothesis.fate == "kept" else hypothesis.fate
    return Branch(tokens, hypothesis.logprob, fate, is_alive=False)
