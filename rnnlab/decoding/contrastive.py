"""Contrastive search: among the k most probable tokens, trade probability against repetition.

The candidates v are the k most probable tokens after all filters. The next token is the one with
the greatest

    (1 - alpha) p(v | x) - alpha max_j cos(h_v, h_xj),

with h the output of the model's top layer: h_v after the model has read v at the end of the text x
so far, h_xj after token j of x, which includes the prompt. If x is empty, the second term is 0. The
end of the sentence is a candidate like any other: the model reads it, too. One model step reads the
candidates of all texts; the log-probs after the chosen candidates serve the next step. The score of
a text is the sum of the above value over its tokens.

Source: Su et al. (2022), "A contrastive framework for neural text generation", equation 5.
Shapes: R rows still being written, N candidates of all rows, K candidates of one row, T tokens
read by a row, F features, V tokens of the vocabulary.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from rnnlab.base.checked import Field
from rnnlab.base.errors import BadInputError
from rnnlab.decoding._base import Decoder, Expansion, Frame, Pruned
from rnnlab.decoding._hypothesis import empty_hypothesis
from rnnlab.decoding._limits import Limits
from rnnlab.decoding._numbers import NEVER, largest
from rnnlab.decoding._options import Options, shown_number
from rnnlab.decoding._stop import StopCriteria
from rnnlab.decoding._text import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rnnlab.decoding._hypothesis import Hypothesis
    from rnnlab.decoding._numbers import Ids, LogProbs
    from rnnlab.decoding._step import Features, SearchStart, State, Step


class ContrastiveOptions(Options):
    """Number of candidates and weight of the similarity, in addition to the shared options."""

    k: int = Field(5, ge=1, le=1000)
    """Number of candidates: the N most probable tokens."""
    alpha: float = Field(0.6, ge=0, le=1)
    """Weight of dissimilarity against probability (0: greedy)."""

    def search_chain(self) -> list[str]:
        """Return the search's entries in the chain."""
        return [f"contrastive k={self.k} alpha={shown_number(self.alpha)}"]


class _Memory:
    """The features, scaled to length 1, of all tokens of one text; the array grows by doubling."""

    def __init__(self, features_TF: Features | None) -> None:
        self._length = 0
        self._unit_TF: Features | None = None
        if features_TF is not None and len(features_TF):
            self._unit_TF, self._length = _unit(features_TF), len(features_TF)

    def add(self, unit_F: Features) -> None:
        """Append the features of one more token."""
        if self._unit_TF is None:
            self._unit_TF = np.empty((16, len(unit_F)), unit_F.dtype)
        elif self._length == len(self._unit_TF):
            self._unit_TF = np.concatenate([self._unit_TF, np.empty_like(self._unit_TF)])
        self._unit_TF[self._length] = unit_F
        self._length += 1

    def similarity(self, unit_KF: Features) -> npt.NDArray[np.float64]:
        """Return the greatest cosine [K] with the features of a token; 0 if there is no token."""
        if self._unit_TF is None:
            return np.zeros(len(unit_KF))
        cosines_KT = unit_KF @ self._unit_TF[: self._length].T
        greatest_K: npt.NDArray[np.float64] = cosines_KT.max(-1)
        return greatest_K


def _unit(features_NF: Features) -> Features:
    """Return features scaled to length 1, in float64; a zero vector stays zero."""
    wide_NF = features_NF.astype(np.float64)
    length_N1 = np.linalg.norm(wide_NF, axis=-1, keepdims=True)
    unit_NF: Features = wide_NF / np.where(length_N1 > 0.0, length_N1, 1.0)
    return unit_NF


def search(
    step: Step,
    start: SearchStart,
    options: ContrastiveOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],  # noqa: ARG001
) -> Iterator[Frame]:
    """Append the candidate with the greatest value to each row, until all rows have ended.

    Raises BadInputError if the model does not provide features.
    """
    features_of = _features_of(start)
    criteria, limits = StopCriteria(start, options), Limits(start, options, max_length)
    state, live = start.state, _Live.all_of(start.log_probs_PV)
    hypotheses = [empty_hypothesis(row) for row in live.rows]
    memories = [
        _Memory(start.prompts[row].features_TF if start.prompts else None) for row in live.rows
    ]
    for length in range(1, limits.max_length + 1):
        live, filtered_RV = _extendable(live, hypotheses, start, options)
        if not live.rows:
            yield Frame(partial(list, hypotheses), "ended")
            return
        tokens = [_most_probable(filtered_V, options.k) for filtered_V in filtered_RV]
        num_R = list(map(len, tokens))
        next_NV, state = step(state, live.places_R.repeat(num_R), np.concatenate(tokens))
        starts_R = np.cumsum([0, *num_R[:-1]])
        units = np.split(_unit(features_of(state)), starts_R[1:])
        old = [hypotheses[row] for row in live.rows]
        choices = [
            _Choice(
                old[i], tokens[i], live.log_probs_RV[i], filtered_RV[i],
                memories[row].similarity(units[i]), options.alpha, criteria,
            )
            for i, row in enumerate(live.rows)
        ]  # fmt: skip
        hypotheses = hypotheses.copy()  # the previous frame keeps the old list
        for row, choice in zip(live.rows, choices, strict=True):
            hypotheses[row] = choice.extended()
        pruned = [other for choice in choices for other in choice.pruned()]
        going_on = [i for i, row in enumerate(live.rows) if hypotheses[row].end is None]
        last = limits.last(length, is_over=not going_on)
        expansion = Expansion(partial(list, old), live.log_probs_RV, filtered_RV)
        yield Frame(partial(list, hypotheses), last, (expansion,), pruned)
        if last is not None:
            return
        for i in going_on:
            memories[live.rows[i]].add(units[i][choices[i].best])
        places_R = np.array([starts_R[i] + choices[i].best for i in going_on])
        live = _Live([live.rows[i] for i in going_on], places_R, next_NV[places_R])


def _features_of(start: SearchStart) -> Callable[[State], Features]:
    """Return the function from state to features; raises BadInputError if there is none."""
    if start.features is None:
        raise BadInputError(
            "contrastive search needs the outputs of the model's top layer, "
            "which this model does not provide",
            "choose another decoder",
        )
    return start.features


class _Live(NamedTuple):
    """The texts that can still be extended."""

    rows: list[int]
    places_R: Ids
    """Row of the state of each text."""
    log_probs_RV: LogProbs
    """Log-probs of the next token of each text, before any filter."""

    @classmethod
    def all_of(cls, log_probs_PV: LogProbs) -> _Live:
        """Return the texts of all rows before the first step."""
        num = len(log_probs_PV)
        return cls(list(range(num)), np.arange(num), log_probs_PV)


def _extendable(
    live: _Live, hypotheses: Sequence[Hypothesis], start: SearchStart, options: ContrastiveOptions
) -> tuple[_Live, LogProbs]:
    """Return the texts for which the filters leave a token, with their filtered log-probs."""
    filtered_RV = live.log_probs_RV
    if options.changes(start):
        texts = [hypotheses[row] for row in live.rows]
        filtered_RV = options.filter(filtered_RV, Rows(texts, start, options.last))
    kept_R = np.flatnonzero(filtered_RV.max(-1) > NEVER)
    if len(kept_R) == len(live.rows):
        return live, filtered_RV
    rows = [live.rows[i] for i in kept_R]
    return _Live(rows, live.places_R[kept_R], live.log_probs_RV[kept_R]), filtered_RV[kept_R]


def _most_probable(filtered_V: LogProbs, k: int) -> Ids:
    """Return the candidates of one text, ordered by id: ties then go to the lowest id."""
    best_K = largest(filtered_V, k)
    return np.sort(best_K[filtered_V[best_K] > NEVER])


class _Choice:
    """The candidates of one text, and the candidate with the greatest value."""

    def __init__(
        self,
        parent: Hypothesis,
        tokens_K: Ids,
        log_probs_V: LogProbs,
        filtered_V: LogProbs,
        similarity_K: npt.NDArray[np.float64],
        alpha: float,
        criteria: StopCriteria,
    ) -> None:
        self._parent, self._tokens_K, self._criteria = parent, tokens_K, criteria
        self._log_probs_V = log_probs_V
        self._similarity_K = similarity_K
        self._probs_K = np.exp(filtered_V[tokens_K], dtype=np.float64)
        self._values_K = (1.0 - alpha) * self._probs_K - alpha * similarity_K
        self.best = int(self._values_K.argmax())
        """Index of the chosen candidate."""

    def extended(self) -> Hypothesis:
        """Return the text extended by the chosen candidate."""
        return self._with(self.best)

    def pruned(self) -> list[Pruned]:
        """Return the other candidates as lazy functions, each with its figures as the reason."""
        return [
            (
                partial(self._listed, number),
                f"lower value: p={self._probs_K[number]:.3g}, "
                f"similarity={self._similarity_K[number]:.3g}",
            )
            for number in range(len(self._tokens_K))
            if number != self.best
        ]

    def _with(self, number: int) -> Hypothesis:
        parent, token = self._parent, self._tokens_K.item(number)
        logprob, score = self._log_probs_V.item(token), parent.score + self._values_K.item(number)
        return parent.extended(token, logprob, score, self._criteria.of(parent, token))

    def _listed(self, number: int) -> list[Hypothesis]:
        return [self._with(number)]


DECODER = Decoder(
    search, ContrastiveOptions, is_random=False, source="Su et al. (2022)", needs_features=True
)
