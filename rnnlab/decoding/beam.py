"""Beam search: keep the k most probable continuations at every length.

With `p` below 1 it is nucleus beam search: a hypothesis is extended by the tokens of its nucleus
only. Finished sentences are kept apart from live ones, so that an early end never crowds them out.

Sources: Lowerre (1976); score = log p / length^a or, as Wu et al. (2016, equation 14) have it,
log p / ((5 + length) / 6)^a; the gap: Freitag and Al-Onaizan (2017).
Shapes: R live hypotheses of a prompt, N candidates, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from rnnlab.decoding._base import Decoder, Pruned
from rnnlab.decoding._beam import Finisher, Survivors, candidates, possible, search_beams
from rnnlab.decoding._hypothesis import Candidates, Generation, Hypothesis
from rnnlab.decoding._numbers import NEVER, Ids, LogProbs, largest
from rnnlab.decoding._options import Options, shown_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rnnlab.decoding._base import Frame, SearchStart, Step


class BeamOptions(Options):
    """Width, ranking and when to stop, beside the filters of every decoder."""

    k: int = Field(5, ge=1, le=1000)
    """Hypotheses kept at every step."""
    n: int = Field(0, ge=0, le=1000)
    """Answers given at the end, the best ones (0: k)."""
    length_penalty: float = Field(0.0, ge=0, le=10)
    """Rank by log-prob / length^a: 0 favours short sentences, 1 is the mean of a letter."""
    penalty: Literal["power", "wu"] = "power"
    """Form of the length penalty: length^a, or ((5 + length) / 6)^a."""
    rank: Literal["auto", "model", "filtered"] = "auto"
    """Rank by the model's own probability or the filtered one (auto: where it matters alone)."""
    early: Literal["decided", "full", "never"] = "decided"
    """End once no live one can win, once k are finished, or only when all is searched."""
    gap: float = Field(0.0, ge=0)
    """Give up hypotheses whose score is more than so many nats below the best (0: none)."""

    @model_validator(mode="after")
    def _check_answers(self) -> Self:
        if self.n > self.k:
            raise ValueError(f"n={self.n} answers are more than k={self.k} hypotheses")
        return self

    def num_answers(self) -> int:
        """Return how many answers the search gives."""
        return self.n or self.k

    @cached_property
    def ranks_by_model(self) -> bool:
        """Whether hypotheses are ranked by the model's probability.

        Defaults to the model's probability, except when a penalty, a bias, or a temperature without
        a truncating filter would then have no effect.
        """
        kinds = self.active_kinds()
        has_idle_filter = "penalty" in kinds or (
            "temperature" in kinds and "truncating" not in kinds
        )
        return self.rank == "model" or (self.rank == "auto" and not has_idle_filter)

    def search_chain(self) -> list[str]:
        """Return the search's own part of the chain."""
        by = "model" if self.ranks_by_model else "filtered"
        chain = [f"beam k={self.k}", f"rank by {by} probability"]
        if self.length_penalty:
            form = " (Wu)" if self.penalty == "wu" else ""
            chain.append(f"length_penalty={shown_number(self.length_penalty)}{form}")
        if self.gap:
            chain.append(f"gap={shown_number(self.gap)}")
        if self.early != "decided":
            chain.append("stop when k are finished" if self.early == "full" else "search it all")
        return [*chain, f"best {self.n}"] if self.n else chain

    def totals(
        self,
        totals_R: npt.NDArray[np.float64],
        log_probs_RV: LogProbs,
        filtered_RV: LogProbs,
    ) -> npt.NDArray[np.float64]:
        """Return the totals of hypotheses after each token, given those before it, in nats.

        In float64: float32 sums of a long text would drift from its log-prob.
        """
        if not self.ranks_by_model:
            log_probs_RV = filtered_RV
        totals_RV: npt.NDArray[np.float64] = log_probs_RV + totals_R[:, None]
        if filtered_RV is not log_probs_RV:
            totals_RV[filtered_RV == NEVER] = NEVER
        return totals_RV

    def score(self, totals_N: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float64]:
        """Return what texts of a length are ranked by, given their totals."""
        if not self.length_penalty:
            return totals_N
        base = length if self.penalty == "power" else (5 + length) / 6
        scores_N: npt.NDArray[np.float64] = totals_N / base**self.length_penalty
        return scores_N


def search(
    step: Step,
    start: SearchStart,
    options: BeamOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],  # noqa: ARG001
) -> Iterator[Frame]:
    """Extend all live hypotheses of all prompts by one model step at a time."""

    def make_beam(prompt: int) -> WidthBeam:
        return WidthBeam(prompt, start, options, options.longest(max_length))

    return search_beams(step, start, options, max_length, make_beam)


class WidthBeam:
    """The k best hypotheses of one prompt; a `Beam`."""

    def __init__(
        self, prompt: int, start: SearchStart, options: BeamOptions, max_length: int
    ) -> None:
        self._options = options
        self._finisher = Finisher(start, options)
        self._max_length = max_length
        self._totals_R = np.zeros(1)
        """What the live hypotheses have gained so far, before any length penalty."""
        self._finished: list[Hypothesis] = []
        self.live = self._shown = Generation.empty(prompt)
        """What the next step extends; what is shown beside the finished ones."""
        self.chosen_N: Ids = np.zeros(0, np.int64)
        """Tokens that the last step took, those that ended a text too."""
        self.pruned: list[Pruned] = []
        self._prompt = prompt

    def ranking(self) -> Callable[[], list[Hypothesis]]:
        """Return what gives the best of the live and the finished hypotheses."""
        return partial(_ranked, self._finished, self._shown, self._options.num_answers())

    def grow(
        self,
        log_probs_RV: LogProbs,
        filtered_RV: LogProbs,
        malus_V: npt.NDArray[np.float64] | None = None,
    ) -> Survivors:
        """Extend the live hypotheses by one token.

        malus_V: nats that a token loses in the choice of survivors, and there alone.
        """
        width, old = self._options.k, self.live
        found, totals_N, ends_N = self._best(log_probs_RV, filtered_RV, malus_V)
        self.pruned = []
        lives_N = np.arange(len(totals_N)) if ends_N is None else np.flatnonzero(~ends_N)
        ended_N = lives_N[:0]
        if ends_N is not None and len(lives_N) < len(ends_N):
            # An end that only comes after the k best live ones is worse than k others.
            ended_N = np.flatnonzero(ends_N)
            is_behind_N = np.searchsorted(lives_N[:width], ended_N) >= width
            self._give_up(found, ended_N[is_behind_N], "beyond the beam's width")
            ended_N = ended_N[~is_behind_N]
            self._finish(found.at(ended_N))
        self._give_up(found, lives_N[width:], "beyond the beam's width")
        lives_N = lives_N[:width]
        if self._options.gap and len(lives_N):
            lives_N = self._near(found, lives_N)
        if reason := self._why_decided(totals_N[lives_N]):
            self._give_up(found, lives_N, reason)
            lives_N = lives_N[:0]
        self._totals_R = totals_N[lives_N]
        survivors = found.at(lives_N)
        self.chosen_N = survivors.tokens_N
        if len(ended_N):
            self.chosen_N = np.concatenate([self.chosen_N, found.tokens_N[ended_N]])
        self.live = Generation(old, survivors, self._prompt)
        # Where nothing can follow and nothing has ended, the texts so far are the answers.
        if len(self.live) or self._finished:
            self._shown = self.live
            dead = []
            if filtered_RV is not log_probs_RV:  # a model always leaves something
                dead = np.flatnonzero(filtered_RV.max(-1) == NEVER).tolist()
            if dead:
                self.pruned.append((partial(_some, old, dead), "nothing can follow"))
        return Survivors(survivors.parents_N, survivors.tokens_N)

    def _best(
        self,
        log_probs_RV: LogProbs,
        filtered_RV: LogProbs,
        malus_V: npt.NDArray[np.float64] | None,
    ) -> tuple[Candidates, npt.NDArray[np.float64], npt.NDArray[np.bool_] | None]:
        """Return the best candidates, their totals and which of them end a text (None: no end).

        They are enough for k live ones, where there are so many.
        """
        totals_RV = self._options.totals(self._totals_R, log_probs_RV, filtered_RV)
        ranked_RV = totals_RV if malus_V is None else totals_RV - malus_V
        # Each row ends in EOS at most once, so that twice the width is enough; a stop string may
        # end many.
        num = 2 * self._options.k
        while True:
            places_N = largest(ranked_RV.reshape(-1), num)
            found = candidates(totals_RV, log_probs_RV, possible(totals_RV, places_N))
            if self._finisher.ends_nothing:
                ends_N = None
                break
            ends_N = self._finisher.ended(self.live, found)
            if len(found.tokens_N) < num or (~ends_N).sum() >= self._options.k:
                break
            num *= 2
        scores_N = self._options.score(found.scores_N, self.live.length + 1)
        return found._replace(scores_N=scores_N), found.scores_N, ends_N

    def _finish(self, found: Candidates) -> None:
        ended = self._finisher.hypotheses(self.live, found)
        ranked = sorted([*self._finished, *ended], key=lambda h: -h.score)
        self._finished = ranked[: self._options.k]
        if displaced := ranked[self._options.k :]:
            self.pruned.append((partial(list, displaced), "k better ones have ended"))

    def _give_up(self, found: Candidates, places: Ids, reason: str) -> None:
        if len(places):
            self.pruned.append((partial(self._made, self.live, found, places), reason))

    def _made(self, live: Generation, found: Candidates, places: Ids) -> list[Hypothesis]:
        return self._finisher.hypotheses(live, found.at(places))

    def _near(self, found: Candidates, lives_N: Ids) -> Ids:
        """Return those that are not too far below the best text so far."""
        scores_N = found.scores_N[lives_N]
        best = max([scores_N.max(), *(h.score for h in self._finished[:1])])
        is_near_N = scores_N >= best - self._options.gap
        reason = f"more than {shown_number(self._options.gap)} below the best"
        self._give_up(found, lives_N[~is_near_N], reason)
        near_N: Ids = lives_N[is_near_N]
        return near_N

    def _why_decided(self, totals_N: npt.NDArray[np.float64]) -> str:
        """Tell why the search of this prompt has ended; "" while it has not.

        A total only falls, and a length penalty shrinks it no further than at the greatest length:
        the best that a live hypothesis can come to is its total now, judged at that length.
        """
        options = self._options
        if not len(totals_N) or options.early == "never":
            return ""
        if options.early == "full":
            return "k are finished" if len(self._finished) >= options.k else ""
        num = options.num_answers()
        if len(self._finished) < num:
            return ""
        reachable = options.score(totals_N.max(keepdims=True), self._max_length)[0]
        return "cannot win any more" if reachable <= self._finished[num - 1].score else ""


def _some(generation: Generation, numbers: list[int]) -> list[Hypothesis]:
    return [generation.hypothesis(number) for number in numbers]


def _ranked(finished: list[Hypothesis], live: Generation, num: int) -> list[Hypothesis]:
    return sorted([*finished, *live.hypotheses()], key=lambda h: -h.score)[:num]


DECODER = Decoder(search, BeamOptions, is_random=False, source="Lowerre (1976)")
