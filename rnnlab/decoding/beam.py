"""Beam search: at every length, keep the k most probable hypotheses.

Each step does the following for one prompt (`WidthBeam.grow`):

    extend  every live hypothesis by every token that the filters left: the candidates;
    select  candidates, best first, until k of them are live. Candidates that end a text on the way
            are finished and kept apart: they never take the place of a live hypothesis;
    prune   live hypotheses whose score is more than `gap` below the best score so far;
    stop    once no live hypothesis can become one of the n best texts (see `early`).

The answers are the n best of the finished and the live hypotheses. The same search in plain lists
is `naive_beam` in tests/toys/searches.py; test_decoding_beam.py compares the two.

With `p` below 1 this is nucleus beam search: only tokens in the nucleus of a hypothesis extend it.

Sources: Lowerre (1976); score = log p / length^a or, in Wu et al. (2016, equation 14),
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
from rnnlab.decoding._beam import Finisher, Survivors, candidates_at, possible, search_beams
from rnnlab.decoding._hypothesis import Candidates, Generation, Hypothesis
from rnnlab.decoding._numbers import NEVER, Ids, LogProbs, largest
from rnnlab.decoding._options import Options, shown_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rnnlab.decoding._base import Frame, SearchStart, Step


class BeamOptions(Options):
    """Width, ranking and stop criterion, in addition to the shared options."""

    k: int = Field(5, ge=1, le=1000)
    """Number of hypotheses kept at every step."""
    n: int = Field(0, ge=0, le=1000)
    """Number of answers: the N best texts (0: k)."""
    length_penalty: float = Field(0.0, ge=0, le=10)
    """Exponent a of log-prob / length^a (0: sum, 1: mean)."""
    penalty: Literal["power", "wu"] = "power"
    """Length penalty: length^a, or for wu ((5 + length) / 6)^a."""
    rank: Literal["auto", "model", "filtered"] = "auto"
    """Rank by model or filtered probability (auto: shown in chain)."""
    early: Literal["decided", "full", "never"] = "decided"
    """Stop if no live text can win, if k texts have ended, or never."""
    gap: float = Field(0.0, ge=0)
    """Prune hypotheses more than N below the best score (0: off)."""

    @model_validator(mode="after")
    def _check_answers(self) -> Self:
        if self.n > self.k:
            raise ValueError(f"n={self.n} answers are more than k={self.k} hypotheses; raise k")
        return self

    def num_answers(self) -> int:
        """Return the number of answers: n, or k if n is 0."""
        return self.n or self.k

    @cached_property
    def ranks_by_model(self) -> bool:
        """Whether hypotheses are ranked by the model's probability.

        With `rank=auto`, this is so except when a penalty, a bias, or a temperature without a
        truncating filter would then have no effect.
        """
        kinds = self.active_kinds()
        has_idle_filter = "penalty" in kinds or (
            "temperature" in kinds and "truncating" not in kinds
        )
        return self.rank == "model" or (self.rank == "auto" and not has_idle_filter)

    def search_chain(self) -> list[str]:
        """Return the search's entries in the chain."""
        by = "model" if self.ranks_by_model else "filtered"
        chain = [f"beam k={self.k}", f"rank by {by} probability"]
        if self.length_penalty:
            form = " (Wu)" if self.penalty == "wu" else ""
            chain.append(f"length_penalty={shown_number(self.length_penalty)}{form}")
        if self.gap:
            chain.append(f"gap={shown_number(self.gap)}")
        if self.early != "decided":
            chain.append(
                "stop when k texts are finished" if self.early == "full" else "never stop early"
            )
        return [*chain, f"best {self.n}"] if self.n else chain

    def totals(
        self,
        totals_R: npt.NDArray[np.float64],
        log_probs_RV: LogProbs,
        filtered_RV: LogProbs,
    ) -> npt.NDArray[np.float64]:
        """Return the totals [R, V] in nats after each token, given the totals [R] before it.

        The dtype is float64: float32 sums of a long text would drift from its log-prob.
        """
        if not self.ranks_by_model:
            log_probs_RV = filtered_RV
        totals_RV: npt.NDArray[np.float64] = log_probs_RV + totals_R[:, None]
        if filtered_RV is not log_probs_RV:
            totals_RV[filtered_RV == NEVER] = NEVER
        return totals_RV

    def score(self, totals_N: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float64]:
        """Return the scores of texts of this length: their totals with the length penalty."""
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
    """Extend the live hypotheses of all prompts with one model step at a time."""

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
        """Log-probs of the live hypotheses in nats, without the length penalty."""
        self._finished: list[Hypothesis] = []
        """Finished hypotheses, at most k, best first."""
        self.live = self._shown = Generation.empty(prompt)
        """live: hypotheses to extend in the next step. _shown: hypotheses that frames show as live:
        the same, or the previous ones if no token can follow and no text has ended."""
        self.chosen_N: Ids = np.zeros(0, np.int64)
        """Tokens that the last step appended, including those that ended a text."""
        self.pruned: list[Pruned] = []
        self._prompt = prompt

    def ranking(self) -> Callable[[], list[Hypothesis]]:
        """Return a function that returns the n best of the live and the finished hypotheses."""
        return partial(_ranked, self._finished, self._shown, self._options.num_answers())

    def grow(
        self,
        log_probs_RV: LogProbs,
        filtered_RV: LogProbs,
        penalty_V: npt.NDArray[np.float64] | None = None,
    ) -> Survivors:
        """Do one step: extend, select, prune, stop. Return the new live hypotheses.

        penalty_V: nats to subtract from each token in the selection, but not in totals or scores.
        """
        width, old = self._options.k, self.live
        candidates, totals_N, ends_N = self._extend(log_probs_RV, filtered_RV, penalty_V)
        self.pruned = []
        live_N = np.arange(len(totals_N)) if ends_N is None else np.flatnonzero(~ends_N)
        ended_N = live_N[:0]
        if ends_N is not None and len(live_N) < len(ends_N):
            # A finished candidate that ranks below k live ones is outside the beam, too.
            ended_N = np.flatnonzero(ends_N)
            is_outside_N = np.searchsorted(live_N[:width], ended_N) >= width
            self._prune(candidates, ended_N[is_outside_N], "beyond the beam's width")
            ended_N = ended_N[~is_outside_N]
            self._finish(candidates.at(ended_N))
        self._prune(candidates, live_N[width:], "beyond the beam's width")
        live_N = live_N[:width]
        if self._options.gap and len(live_N):
            live_N = self._within_gap(candidates, live_N)
        if reason := self._stop_reason(totals_N[live_N]):
            self._prune(candidates, live_N, reason)
            live_N = live_N[:0]
        self._totals_R = totals_N[live_N]
        survivors = candidates.at(live_N)
        self.chosen_N = survivors.tokens_N
        if len(ended_N):
            self.chosen_N = np.concatenate([self.chosen_N, candidates.tokens_N[ended_N]])
        self.live = Generation(old, survivors, self._prompt)
        # If no token can follow and no text has ended, the texts so far are the answers.
        if len(self.live) or self._finished:
            self._shown = self.live
            dead = []
            if filtered_RV is not log_probs_RV:  # only filters can drop all tokens
                dead = np.flatnonzero(filtered_RV.max(-1) == NEVER).tolist()
            if dead:
                self.pruned.append((partial(_select, old, dead), "no token can follow"))
        return Survivors(survivors.parents_N, survivors.tokens_N)

    def _extend(
        self,
        log_probs_RV: LogProbs,
        filtered_RV: LogProbs,
        penalty_V: npt.NDArray[np.float64] | None,
    ) -> tuple[Candidates, npt.NDArray[np.float64], npt.NDArray[np.bool_] | None]:
        """Return the best candidates, their totals, and a mask of those that end a text.

        At least k candidates do not end a text, if there are k. The mask is None if none can end.
        """
        totals_RV = self._options.totals(self._totals_R, log_probs_RV, filtered_RV)
        ranked_RV = totals_RV if penalty_V is None else totals_RV - penalty_V
        # Only one candidate per row ends in EOS, so 2k candidates contain k live ones; with stop
        # strings, more candidates of a row may end.
        num = 2 * self._options.k
        while True:
            places_N = largest(ranked_RV.reshape(-1), num)
            candidates = candidates_at(totals_RV, log_probs_RV, possible(totals_RV, places_N))
            if self._finisher.never_ends:
                ends_N = None
                break
            ends_N = self._finisher.ended(self.live, candidates)
            if len(candidates.tokens_N) < num or (~ends_N).sum() >= self._options.k:
                break
            num *= 2
        totals_N = candidates.scores_N
        scores_N = self._options.score(totals_N, self.live.length + 1)
        return candidates._replace(scores_N=scores_N), totals_N, ends_N

    def _finish(self, candidates: Candidates) -> None:
        """Add candidates that end a text to the finished hypotheses; keep the k best."""
        ended = self._finisher.hypotheses(self.live, candidates)
        ranked = sorted([*self._finished, *ended], key=lambda h: -h.score)
        self._finished = ranked[: self._options.k]
        if displaced := ranked[self._options.k :]:
            self.pruned.append((partial(list, displaced), "k better texts are finished"))

    def _prune(self, candidates: Candidates, places: Ids, reason: str) -> None:
        if len(places):
            hypotheses = partial(self._hypotheses, self.live, candidates, places)
            self.pruned.append((hypotheses, reason))

    def _hypotheses(
        self, live: Generation, candidates: Candidates, places: Ids
    ) -> list[Hypothesis]:
        return self._finisher.hypotheses(live, candidates.at(places))

    def _within_gap(self, candidates: Candidates, live_N: Ids) -> Ids:
        """Return the live candidates within the gap below the best score; prune the others."""
        scores_N = candidates.scores_N[live_N]
        best = max([scores_N.max(), *(h.score for h in self._finished[:1])])
        is_near_N = scores_N >= best - self._options.gap
        reason = f"more than {shown_number(self._options.gap)} below the best"
        self._prune(candidates, live_N[~is_near_N], reason)
        near_N: Ids = live_N[is_near_N]
        return near_N

    def _stop_reason(self, totals_N: npt.NDArray[np.float64]) -> str:
        """Return why the search of this prompt stops, or "" if it goes on.

        A total only falls, and a length penalty raises scores most at the maximum length: the total
        so far, scored at that length, is an upper bound of the final score.
        """
        options = self._options
        if not len(totals_N) or options.early == "never":
            return ""
        if options.early == "full":
            return "k texts are finished" if len(self._finished) >= options.k else ""
        num = options.num_answers()
        if len(self._finished) < num:
            return ""
        upper_bound = options.score(totals_N.max(keepdims=True), self._max_length)[0]
        return "cannot win any more" if upper_bound <= self._finished[num - 1].score else ""


def _select(generation: Generation, numbers: list[int]) -> list[Hypothesis]:
    return [generation.hypothesis(number) for number in numbers]


def _ranked(finished: list[Hypothesis], live: Generation, num: int) -> list[Hypothesis]:
    return sorted([*finished, *live.hypotheses()], key=lambda h: -h.score)[:num]


DECODER = Decoder(search, BeamOptions, is_random=False, source="Lowerre (1976)")
