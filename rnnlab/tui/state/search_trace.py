"""The trace of a search: all hypotheses of every step, kept or pruned.

Built from the steps that the generator process reports; the beams screen draws the trace.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rnnlab.decoding import Branch, TracedHypothesis, TracedStep

OVERTAKEN = "all extensions pruned"
_ALIVE = frozenset({"kept", "eos", "stop"})


class Pruned(NamedTuple):
    """A hypothesis that the search has pruned."""

    step: int
    """Step that pruned the hypothesis; it has as many tokens, or one fewer."""
    id: int
    reason: str


class SearchTrace:
    """The steps of one search so far."""

    def __init__(self) -> None:
        self.hypotheses: dict[int, TracedHypothesis] = {}
        self.pruned: list[Pruned] = []
        """The pruned hypotheses, in the order of pruning."""
        self.is_cut = False
        """True if the search went on after the last traced step."""
        self.steps: list[TracedStep] = []
        self._live: tuple[int, ...] = ()

    def add(self, steps: Iterable[TracedStep]) -> None:
        """Append steps, in order."""
        for step in steps:
            self.steps.append(step)
            self.hypotheses.update((hypothesis.id, hypothesis) for hypothesis in step.hypotheses)
            gone_on = {
                hypothesis.parent for hypothesis in step.hypotheses if hypothesis.fate in _ALIVE
            }
            answers = {answer.id for answer in step.answers}
            for hypothesis in step.hypotheses:
                if hypothesis.fate not in _ALIVE:
                    self.pruned.append(Pruned(step.step, hypothesis.id, hypothesis.fate))
            if step.hypotheses:
                for node in self._live:
                    if node not in gone_on | answers:
                        self.pruned.append(Pruned(step.step, node, OVERTAKEN))
                self._live = tuple(
                    hypothesis.id for hypothesis in step.hypotheses if hypothesis.fate == "kept"
                )

    def path(self, node: int) -> list[TracedHypothesis]:
        """Return the hypotheses from the first token to `node`."""
        path = []
        while node in self.hypotheses:
            path.append(self.hypotheses[node])
            node = self.hypotheses[node].parent
        return path[::-1]

    def parting(self, node: int, best: list[str]) -> int:
        """Return the index of the first token in which a hypothesis differs from the best text."""
        tokens = [hypothesis.token for hypothesis in self.path(node)]
        place = 0
        while place < min(len(tokens), len(best)) and tokens[place] == best[place]:
            place += 1
        return place

    def tree(self) -> Branch | None:
        """Return the tree of the hypotheses; None before the first step.

        While the search runs, the hypotheses that it extends count as answers.
        """
        from rnnlab.decoding import TracedAnswer, grow_tree

        if not self.steps:
            return None
        last = self.steps[-1]
        if last.last is None:
            answers = [TracedAnswer(node, "") for node in self._live]
            last = replace(last, answers=answers)
        return grow_tree([*self.steps[:-1], last])
