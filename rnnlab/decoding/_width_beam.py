"""One step of beam search for one prompt; `beam.py` lists the rules.

Shapes: R live hypotheses of a prompt, N candidates, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from rnnlab.decoding._base import Pruned
from rnnlab.decoding._beam import Finisher, Survivors, candidates_at, possible
from rnnlab.decoding._beam_options import BeamOptions
from rnnlab.decoding._hypothesis import Candidates, Generation, Hypothesis
from rnnlab.decoding._numbers import NEVER, Ids, LogProbs, largest
from rnnlab.decoding._options import shown_number
from rnnlab.decoding._step import BeamStep, LiveBeam, SearchStart


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
        by_total, ends_N = self._extend(log_probs_RV, filtered_RV, penalty_V)
        return self._select(by_total, ends_N, log_probs_RV, filtered_RV)

    def select(self, written: BeamStep, log_probs_RV: LogProbs, filtered_RV: LogProbs) -> Survivors:
        """Do one step as `grow` does, given the candidates that a `Writer` has extended."""
        by_total = Candidates(*written[:4])
        ends_N = self._finisher.ended(self.live, by_total) if written.may_end else None
        return self._select(by_total, ends_N, log_probs_RV, filtered_RV)

    def before(self) -> LiveBeam:
        """Return what a `Writer` reads before the next step."""
        return LiveBeam(self._totals_R, [hypothesis.score for hypothesis in self._finished])

    def _select(
        self,
        by_total: Candidates,
        ends_N: npt.NDArray[np.bool_] | None,
        log_probs_RV: LogProbs,
        filtered_RV: LogProbs,
    ) -> Survivors:
        """Select the live hypotheses among candidates with their totals as scores.

        ends_N: mask of the candidates that end a text; None if none can end.
        """
        width, old, totals_N = self._options.k, self.live, by_total.scores_N
        candidates = by_total
        if self._options.length_penalty:
            scores_N = self._options.score(totals_N, old.length + 1)
            candidates = by_total._replace(scores_N=scores_N)
        self.pruned = []
        ended_N: Ids | None = None
        live: Ids | slice = slice(width)
        if ends_N is not None and ends_N.any():
            live_N = np.flatnonzero(~ends_N)
            ended_N = np.flatnonzero(ends_N)
            if self._options.early == "full":
                is_outside_N = ended_N >= width
            else:  # an end that ranks below k live candidates is outside the beam, too
                is_outside_N = np.searchsorted(live_N[:width], ended_N) >= width
            self._prune(candidates, ended_N[is_outside_N], "beyond the beam's width")
            ended_N = ended_N[~is_outside_N]
            self._finish(candidates.at(ended_N))
            self._prune(candidates, live_N[width:], "beyond the beam's width")
            live = live_N[:width]
        elif len(totals_N) > width:
            self._prune(candidates, slice(width, None), "beyond the beam's width")
        if self._options.gap and len(totals_N[live]):
            live = self._within_gap(candidates, np.arange(len(totals_N))[live])
        if reason := self._stop_reason(totals_N[live]):
            self._prune(candidates, live, reason)
            live = slice(0)
        self._totals_R = totals_N[live]
        survivors = candidates.at(live)
        self.chosen_N = survivors.tokens_N
        if ended_N is not None and len(ended_N):
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
    ) -> tuple[Candidates, npt.NDArray[np.bool_] | None]:
        """Return the best candidates with their totals, and a mask of those that end a text.

        At least k candidates do not end a text, if there are k. The mask is None if none can end.
        """
        totals_RV = self._options.totals(self._totals_R, log_probs_RV, filtered_RV)
        ranked_RV = totals_RV if penalty_V is None else totals_RV - penalty_V
        # Only one candidate per row ends in EOS, so 2k candidates contain k live ones; with stop
        # strings, more candidates of a row may end.
        num = 2 * self._options.k
        while True:
            places_N = largest(ranked_RV.reshape(-1), num)
            by_total = candidates_at(totals_RV, log_probs_RV, possible(totals_RV, places_N))
            if self._finisher.never_ends:
                ends_N = None
                break
            ends_N = self._finisher.ended(self.live, by_total)
            if len(by_total.tokens_N) < num or (~ends_N).sum() >= self._options.k:
                break
            num *= 2
        return by_total, ends_N

    def _finish(self, candidates: Candidates) -> None:
        """Add candidates that end a text to the finished hypotheses; keep the k best."""
        ended = self._finisher.hypotheses(self.live, candidates)
        ranked = sorted([*self._finished, *ended], key=lambda h: -h.score)
        self._finished = ranked[: self._options.k]
        if displaced := ranked[self._options.k :]:
            self.pruned.append((partial(list, displaced), "k better texts are finished"))

    def _prune(self, candidates: Candidates, places: Ids | slice, reason: str) -> None:
        if isinstance(places, slice) or len(places):
            hypotheses = partial(self._hypotheses, self.live, candidates, places)
            self.pruned.append((hypotheses, reason))

    def _hypotheses(
        self, live: Generation, candidates: Candidates, places: Ids | slice
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
