"""Diverse beam search: groups of a beam that shun the tokens which earlier groups have chosen.

The k hypotheses of a prompt are parted into groups, and at every step the groups are extended one
after another. Group g keeps the candidates y with the greatest

    score(y) - diversity * (number of times that earlier groups chose y's last token at this step),

a token that ends a text counted too. The term decides who stays, and nothing else: totals and
scores are those of `beam`. Every group keeps its own finished texts and ends by itself, with as
many answers as it has hypotheses. Those of all groups are ranked together; a text that several
groups have found counts once, so that there may be fewer than asked for.

Source: Vijayakumar et al. (2016), "Diverse beam search", algorithm 1 with the Hamming diversity.
Shapes: R live hypotheses of a prompt, V tokens of the vocabulary.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, model_validator

from rnnlab.decoding._base import Decoder
from rnnlab.decoding._beam import Survivors, rows_of, search_beams
from rnnlab.decoding._hypothesis import Generation
from rnnlab.decoding._options import shown_number
from rnnlab.decoding.beam import BeamOptions, WidthBeam

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rnnlab.decoding._base import Frame, Pruned, SearchStart, Step
    from rnnlab.decoding._beam import Live
    from rnnlab.decoding._hypothesis import Hypothesis
    from rnnlab.decoding._numbers import LogProbs


class DiverseBeamOptions(BeamOptions):
    """Groups and their diversity, beside what every beam has."""

    k: int = Field(6, ge=1, le=1000)
    """Hypotheses kept at every step, in all groups together."""
    groups: int = Field(3, ge=1, le=1000)
    """Groups of equal size that the k hypotheses are parted into."""
    diversity: float = Field(0.5, ge=0, le=100)
    """Nats that a token loses for each time an earlier group has chosen it at this step."""

    @model_validator(mode="after")
    def _check_groups(self) -> DiverseBeamOptions:
        if self.k % self.groups:
            above = self.k + self.groups - self.k % self.groups
            raise ValueError(
                f"k={self.k} cannot be parted into {self.groups} groups of equal size: "
                f"choose for example k={above}"
            )
        return self

    def of_a_group(self) -> BeamOptions:
        """Return the options of one group's beam."""
        return self.model_copy(update={"k": self.k // self.groups})

    def search_chain(self) -> list[str]:
        """Return the search's own part of the chain."""
        size = self.k // self.groups
        _, *rest = super().search_chain()
        rest = [said.replace("when k are", f"a group when {size} are") for said in rest]
        return [
            f"diverse beam k={self.k}: groups={self.groups} of {size}",
            f"diversity={shown_number(self.diversity)}",
            *rest,
        ]


def search(
    step: Step,
    start: SearchStart,
    options: DiverseBeamOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],  # noqa: ARG001
) -> Iterator[Frame]:
    """Extend the live hypotheses of all groups of all prompts by one model step at a time."""

    def make_beam(prompt: int) -> _Groups:
        return _Groups(prompt, start, options, options.longest(max_length))

    return search_beams(step, start, options, max_length, make_beam)


class _Joined:
    """The live hypotheses of all groups, one group after another."""

    def __init__(self, parts: list[Generation]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def hypotheses(self) -> list[Hypothesis]:
        return [h for part in self._parts for h in part.hypotheses()]


class _Groups:
    """The groups of one prompt; a `Beam`."""

    def __init__(
        self, prompt: int, start: SearchStart, options: DiverseBeamOptions, max_length: int
    ) -> None:
        self._options = options
        each = options.of_a_group()
        self._groups = [WidthBeam(prompt, start, each, max_length) for _ in range(options.groups)]
        empty = Generation.empty(prompt)
        for group in self._groups:
            group.live = empty
        self.live: Live = empty
        self.pruned: list[Pruned] = []
        self._is_shared = True
        """Whether all groups still stand at the one row of the prompt."""

    def ranking(self) -> Callable[[], list[Hypothesis]]:
        """Return what gives the best of all groups."""
        rankings = [group.ranking() for group in self._groups]
        return partial(_ranked, rankings, self._options.num_answers())

    def grow(self, log_probs_RV: LogProbs, filtered_RV: LogProbs) -> Survivors:
        """Extend the hypotheses of each group by one token, in view of the groups before it."""
        malus_V = np.zeros(log_probs_RV.shape[1])
        self.pruned = []
        survivors = []
        first = 0
        for group in self._groups:
            if not len(group.live):
                continue
            rows = slice(first, first + len(group.live))
            mine = rows_of(log_probs_RV, filtered_RV, rows)
            parents_R, tokens_R = group.grow(*mine, malus_V)
            survivors.append(Survivors(parents_R + first, tokens_R))
            np.add.at(malus_V, group.chosen_N, self._options.diversity)
            self.pruned += group.pruned
            if not self._is_shared:
                first = rows.stop
        self._is_shared = False
        self.live = _Joined([group.live for group in self._groups])
        return Survivors(*(np.concatenate(parts) for parts in zip(*survivors, strict=True)))


def _ranked(rankings: list[Callable[[], list[Hypothesis]]], num: int) -> list[Hypothesis]:
    found: dict[tuple[int, ...], Hypothesis] = {}
    for ranking in rankings:
        for hypothesis in ranking():
            found.setdefault(tuple(hypothesis.tokens()), hypothesis)
    return sorted(found.values(), key=lambda h: -h.score)[:num]


DECODER = Decoder(search, DiverseBeamOptions, is_random=False, source="Vijayakumar et al. (2016)")
