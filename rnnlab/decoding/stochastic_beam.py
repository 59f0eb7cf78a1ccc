"""Stochastic beam search: draw k different texts, sampling without replacement.

Every text y has a perturbed log-prob G(y) ~ Gumbel(phi(y)), and phi is the sum of its filtered
log-probs. The texts with the k greatest G are k draws without replacement, in the order of G. The
search finds them without visiting all texts. The G of a hypothesis, T, is the greatest G of the
texts that begin with it, which is also the maximum over its children. The children draw
g ~ Gumbel(phi), with the maximum Z; their G are these g, shifted to the maximum T:

    v = T - g + log(1 - exp(g - Z)),    G = T - max(0, v) - log(1 + exp(-|v|)).

Finished texts, and texts for which the filters leave no token, stay in the beam until k others have
a greater G. The score of a text is its G, by which texts are ranked; without filters, phi is its
log-prob. The note of the last frame is kappa, the greatest G that was not drawn (none: all texts
were drawn). Estimates from the k draws weight a text by p / q, with p = exp(phi) and
q = 1 - exp(-exp(phi - kappa)).

Source: Kool et al. (2019), "Stochastic beams and where to find them", algorithm 1 and appendix B.3.
Shapes: R live hypotheses of a prompt, N candidates, V tokens of the vocabulary.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rnnlab.base.checked import Field
from rnnlab.decoding._base import Decoder
from rnnlab.decoding._beam import Finisher, Survivors, candidates_at, possible, search_beams
from rnnlab.decoding._hypothesis import Generation
from rnnlab.decoding._numbers import NEVER, largest
from rnnlab.decoding._options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rnnlab.decoding._base import Frame, Pruned
    from rnnlab.decoding._hypothesis import Hypothesis
    from rnnlab.decoding._numbers import LogProbs
    from rnnlab.decoding._step import SearchStart, Step


class StochasticBeamOptions(Options):
    """Number of texts to draw, in addition to the shared options."""

    k: int = Field(5, ge=1, le=1000)
    """Number of different texts to draw."""

    def num_answers(self) -> int:
        """Return the number of texts to draw."""
        return self.k

    def search_chain(self) -> list[str]:
        """Return the search's entries in the chain."""
        return [
            f"stochastic beam k={self.k}",
            "sample without replacement",
            "rank by perturbed log-prob",
        ]


def search(
    step: Step,
    start: SearchStart,
    options: StochasticBeamOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],
) -> Iterator[Frame]:
    """Extend the live hypotheses of all prompts; prompt i uses generator i."""
    beams: list[_GumbelBeam] = []

    def make_beam(prompt: int) -> _GumbelBeam:
        beams.append(_GumbelBeam(prompt, start, options, generators[prompt]))
        return beams[-1]

    for frame in search_beams(step, start, options, max_length, make_beam):
        yield frame._replace(notes=list(map(_note, beams))) if frame.is_last else frame


def _note(beam: _GumbelBeam) -> str:
    return "kappa: none" if beam.kappa == NEVER else f"kappa: {beam.kappa:.4f}"


class _GumbelBeam:
    """The k hypotheses of one prompt with the greatest perturbed log-probs; a `Beam`."""

    def __init__(
        self,
        prompt: int,
        start: SearchStart,
        options: StochasticBeamOptions,
        generator: np.random.Generator,
    ) -> None:
        self._prompt = prompt
        self._k = options.k
        self._generator = generator
        self._finisher = Finisher(start, options)
        self._phis_R = np.zeros(1)
        self._perturbed_R = np.array([generator.gumbel()])
        self._leaves: list[Hypothesis] = []
        """Finished texts, and texts for which the filters leave no token, best first."""
        self.kappa = NEVER
        """The greatest perturbed log-prob outside the beam so far."""
        self.live = Generation.empty(prompt)
        self.pruned: list[Pruned] = []

    def ranking(self) -> Callable[[], list[Hypothesis]]:
        """Return a function that returns the texts drawn so far, in the order of the draws."""
        return partial(_ranked, self._leaves, self.live)

    def grow(self, log_probs_RV: LogProbs, filtered_RV: LogProbs) -> Survivors:
        """Extend the live hypotheses by one token."""
        old = self.live
        phis_RV = self._phis_R[:, None] + filtered_RV.astype(np.float64)
        noise_RV = self._generator.gumbel(size=phis_RV.shape)
        perturbed_RV = with_maximum(phis_RV + noise_RV, self._perturbed_R)
        is_dead_R = filtered_RV.max(-1) == NEVER
        leaves = [*self._leaves, *(old.hypothesis(r) for r in np.flatnonzero(is_dead_R).tolist())]
        # Take one more than the beam holds: the best candidate outside the beam gives kappa.
        places_N = possible(perturbed_RV, largest(perturbed_RV.reshape(-1), self._k + 1))
        candidates = candidates_at(perturbed_RV, log_probs_RV, places_N)
        scores = np.concatenate([[leaf.score for leaf in leaves], candidates.scores_N])
        best_first = np.argsort(-scores, kind="stable")
        if len(best_first) > self._k:
            self.kappa = max(self.kappa, float(scores[best_first[self._k]]))
        is_kept = np.zeros(len(scores), dtype=bool)
        is_kept[best_first[: self._k]] = True
        is_kept_N = is_kept[len(leaves) :]
        kept_leaves = [leaves[i] for i in np.flatnonzero(is_kept[: len(leaves)]).tolist()]
        places_N, candidates = places_N[is_kept_N], candidates.at(is_kept_N)
        ends_N = self._finisher.ended(old, candidates)
        kept_leaves += self._finisher.hypotheses(old, candidates.at(ends_N))
        self._leaves = sorted(kept_leaves, key=lambda h: -h.score)
        survivors = candidates.at(~ends_N)
        self._phis_R = phis_RV.reshape(-1)[places_N[~ends_N]]
        self._perturbed_R = survivors.scores_N
        self.live = Generation(old, survivors, self._prompt)
        return Survivors(survivors.parents_N, survivors.tokens_N)


def with_maximum(
    perturbed_RV: npt.NDArray[np.float64], maxima_R: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return Gumbel variables [R, V] shifted to a given maximum [R] in each row.

    Minus infinity stays so. Nothing overflows or cancels: every exponent is at most 0.
    """
    best_R1 = perturbed_RV.max(-1, keepdims=True)
    best_R1 = np.where(best_R1 == NEVER, 0.0, best_R1)
    goal_R1 = maxima_R[:, None]
    with np.errstate(divide="ignore"):
        # log(1 - exp(-d)) is precise through expm1 if d is small, else through log1p.
        below_RV = best_R1 - perturbed_RV
        log_rest_RV = np.where(
            below_RV < np.log(2.0),
            np.log(-np.expm1(-below_RV)),
            np.log1p(-np.exp(-np.maximum(below_RV, np.log(2.0)))),
        )
    v_RV = goal_R1 - perturbed_RV + log_rest_RV
    moved_RV: npt.NDArray[np.float64] = (
        goal_R1 - np.maximum(v_RV, 0.0) - np.log1p(np.exp(-np.abs(v_RV)))
    )
    return moved_RV


def _ranked(leaves: list[Hypothesis], live: Generation) -> list[Hypothesis]:
    return sorted([*leaves, *live.hypotheses()], key=lambda h: -h.score)


DECODER = Decoder(
    search, StochasticBeamOptions, is_random=True, source="Kool et al. (2019)", gives_set=True
)
