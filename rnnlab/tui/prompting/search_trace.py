"""What is known of a search: every hypothesis that a step made, kept or gave up, as it comes.

Made from the steps that the generator tells; the beam board and its tree are drawn from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rnnlab.decoding import Branch, TracedHypothesis, TracedStep

OVERTAKEN = "no extension of it was kept"
_ALIVE = frozenset({"kept", "eos", "stop"})


class GivenUp(NamedTuple):
    """A hypothesis that goes no further."""

    step: int
    """Step of the search that gave it up; a text given up at step t has t tokens, or one fewer."""
    id: int
    reason: str


class SearchTrace:
    """One search, as far as it has come."""

    def __init__(self) -> None:
        self.made: dict[int, TracedHypothesis] = {}
        self.given_up: list[GivenUp] = []
        """In the order in which they were."""
        self.is_cut = False
        """Whether the search went on beyond what was told."""
        self.steps: list[TracedStep] = []
        self._live: tuple[int, ...] = ()

    def add(self, steps: Iterable[TracedStep]) -> None:
        """Take more steps, in order."""
        for step in steps:
            self.steps.append(step)
            self.made.update((made.id, made) for made in step.hypotheses)
            gone_on = {made.parent for made in step.hypotheses if made.fate in _ALIVE}
            answers = {answer.id for answer in step.answers}
            for made in step.hypotheses:
                if made.fate not in _ALIVE:
                    self.given_up.append(GivenUp(step.step, made.id, made.fate))
            if step.hypotheses:
                for node in self._live:
                    if node not in gone_on | answers:
                        self.given_up.append(GivenUp(step.step, node, OVERTAKEN))
                self._live = tuple(made.id for made in step.hypotheses if made.fate == "kept")

    def path(self, node: int) -> list[TracedHypothesis]:
        """Return the hypotheses from the first token to one of them."""
        path = []
        while node in self.made:
            path.append(self.made[node])
            node = self.made[node].parent
        return path[::-1]

    def parting(self, node: int, best: list[str]) -> int:
        """Return the place of the first token in which a hypothesis leaves the best text."""
        tokens = [made.token for made in self.path(node)]
        place = 0
        while place < min(len(tokens), len(best)) and tokens[place] == best[place]:
            place += 1
        return place

    def tree(self) -> Branch | None:
        """Return where hypotheses part; None while nothing is known.

        While the search goes on, those that it still extends count as answers.
        """
        from rnnlab.decoding import TracedAnswer, grow_tree

        if not self.steps:
            return None
        last = self.steps[-1]
        if last.last is None:
            answers = [TracedAnswer(node, "") for node in self._live]
            last = replace(last, answers=answers)
        return grow_tree([*self.steps[:-1], last])
