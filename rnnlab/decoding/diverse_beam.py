"""Diverse beam search: each group of a beam avoids the tokens that earlier groups chose.

The k hypotheses of a prompt are divided into groups, and every step extends one group after
another. Group g keeps the candidates y with the greatest

    score(y) - diversity * (number of times that earlier groups chose y's last token at this step).

Tokens that end a text count, too. The second term only affects the selection: totals and scores are
those of `beam`. Every group has its own finished texts and stop criterion. The texts of all groups
are ranked together; a text of several groups counts once, so there may be fewer than n answers.

Source: Vijayakumar et al. (2016), "Diverse beam search", algorithm 1 with the Hamming diversity.
Shapes: R live hypotheses of a prompt, V tokens of the vocabulary.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from rnnlab.base.checked import Field
from rnnlab.decoding._base import Decoder
from rnnlab.decoding._beam import Survivors, rows_of, search_beams
from rnnlab.decoding._beam_options import BeamOptions
from rnnlab.decoding._hypothesis import Generation
from rnnlab.decoding._options import shown_number
from rnnlab.decoding._width_beam import WidthBeam

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rnnlab.decoding._base import Frame, Pruned
    from rnnlab.decoding._beam import Live
    from rnnlab.decoding._hypothesis import Hypothesis
    from rnnlab.decoding._numbers import LogProbs
    from rnnlab.decoding._step import SearchStart, Step


class DiverseBeamOptions(BeamOptions):
    """Number of groups and their diversity, in addition to the options of `beam`."""

    k: int = Field(6, ge=1, le=1000)
    """Number of hypotheses kept at every step, over all groups."""
    groups: int = Field(3, ge=1, le=1000)
    """Number of groups of equal size that share the k hypotheses."""
    diversity: float = Field(0.5, ge=0, le=100)
    """Nats to subtract from a token per choice by earlier groups."""

    def agree(self) -> None:
        """Raise ValueError if options exclude each other."""
        super().agree()
        if self.k % self.groups:
            above = self.k + self.groups - self.k % self.groups
            raise ValueError(
                f"k={self.k} is not a multiple of groups={self.groups}; "
                f"choose for example k={above}"
            )

    def group_options(self) -> BeamOptions:
        """Return the options of the beam of one group."""
        return self.model_copy(update={"k": self.k // self.groups})

    def search_chain(self) -> list[str]:
        """Return the entries that this search adds to the decoder's chain."""
        size = self.k // self.groups
        _, *rest = super().search_chain()
        rest = [entry.replace("when k texts", f"a group when {size} texts") for entry in rest]
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
    """Extend the live hypotheses of all groups and prompts with one model step at a time."""

    def make_beam(prompt: int) -> _Groups:
        return _Groups(prompt, start, options, options.longest(max_length))

    return search_beams(step, start, options, max_length, make_beam)


class _JoinedGroups:
    """The live hypotheses of all groups, one group after another; a `Live`."""

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
        each = options.group_options()
        self._groups = [WidthBeam(prompt, start, each, max_length) for _ in range(options.groups)]
        empty = Generation.empty(prompt)
        for group in self._groups:
            group.live = empty
        self.live: Live = empty
        self.pruned: list[Pruned] = []
        self._is_shared = True
        """Whether all groups still extend the single row of the prompt."""

    def ranking(self) -> Callable[[], list[Hypothesis]]:
        """Return a function that returns the n best texts of all groups."""
        rankings = [group.ranking() for group in self._groups]
        return partial(_ranked, rankings, self._options.num_answers())

    def grow(self, log_probs_RV: LogProbs, filtered_RV: LogProbs) -> Survivors:
        """Do one step of each group; tokens that earlier groups chose are penalised."""
        penalty_V = np.zeros(log_probs_RV.shape[1])
        self.pruned = []
        survivors = []
        first = 0
        for group in self._groups:
            if not len(group.live):
                continue
            rows = slice(first, first + len(group.live))
            distributions = rows_of(log_probs_RV, filtered_RV, rows)
            parents_R, tokens_R = group.grow(*distributions, penalty_V)
            survivors.append(Survivors(parents_R + first, tokens_R))
            np.add.at(penalty_V, group.chosen_N, self._options.diversity)
            self.pruned += group.pruned
            if not self._is_shared:
                first = rows.stop
        self._is_shared = False
        self.live = _JoinedGroups([group.live for group in self._groups])
        return Survivors(*(np.concatenate(parts) for parts in zip(*survivors, strict=True)))


def _ranked(rankings: list[Callable[[], list[Hypothesis]]], num: int) -> list[Hypothesis]:
    texts: dict[tuple[int, ...], Hypothesis] = {}
    for ranking in rankings:
        for hypothesis in ranking():
            texts.setdefault(tuple(hypothesis.tokens()), hypothesis)
    return sorted(texts.values(), key=lambda h: -h.score)[:num]


DECODER = Decoder(search, DiverseBeamOptions, is_random=False, source="Vijayakumar et al. (2016)")
