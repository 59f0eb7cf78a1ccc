"""Contrastive search: of the k most probable tokens the one that repeats least what was said.

The next token is the one of the k candidates v, the most probable ones after all filters, with the
greatest

    (1 - alpha) p(v | x) - alpha max_j cos(h_v, h_xj),

where h is what the model's top layer gives after a token: h_v once v is read after the text x so
far, h_xj after each token of x, the prompt's included. Where nothing was read yet, the second term
is 0. The end of a sentence is a candidate like any other: the model reads it, too. One model step
reads the candidates of all texts, and gives the chosen ones' next log-probs as well. The score of a
text is the sum of that value over its tokens.

Source: Su et al. (2022), "A contrastive framework for neural text generation", equation 5.
Shapes: R rows still being written, N candidates of all rows, K of one row, T tokens read by a row,
F features, V tokens of the vocabulary.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field

from rnnlab.base.errors import BadInputError
from rnnlab.decoding._base import Decoder, Expansion, Frame, Pruned
from rnnlab.decoding._hypothesis import empty_hypothesis
from rnnlab.decoding._limits import Limits
from rnnlab.decoding._numbers import NEVER, largest
from rnnlab.decoding._options import Options, shown_number
from rnnlab.decoding._text import Rows, StopCriteria

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rnnlab.decoding._base import Features, SearchStart, State, Step
    from rnnlab.decoding._hypothesis import Hypothesis
    from rnnlab.decoding._numbers import Ids, LogProbs


class ContrastiveOptions(Options):
    """Candidates and the weight of repetition, beside the filters of every decoder."""

    k: int = Field(5, ge=1, le=1000)
    """Candidates: the so many most probable tokens."""
    alpha: float = Field(0.6, ge=0, le=1)
    """Weight of being unlike the text so far against being probable (0: greedy)."""

    def search_chain(self) -> list[str]:
        """Return the search's own part of the chain."""
        return [f"contrastive k={self.k} alpha={shown_number(self.alpha)}"]


class _Memory:
    """The directions of the features that one text has met; it grows by doubling."""

    def __init__(self, features_TF: Features | None) -> None:
        self._length = 0
        self._unit_TF: Features | None = None
        if features_TF is not None and len(features_TF):
            self._unit_TF, self._length = _unit(features_TF), len(features_TF)

    def add(self, unit_F: Features) -> None:
        """Remember one more."""
        if self._unit_TF is None:
            self._unit_TF = np.empty((16, len(unit_F)), unit_F.dtype)
        elif self._length == len(self._unit_TF):
            self._unit_TF = np.concatenate([self._unit_TF, np.empty_like(self._unit_TF)])
        self._unit_TF[self._length] = unit_F
        self._length += 1

    def similarity(self, unit_KF: Features) -> npt.NDArray[np.float64]:
        """Return the greatest cosine [K] with anything remembered; 0 where nothing is."""
        if self._unit_TF is None:
            return np.zeros(len(unit_KF))
        cosines_KT = unit_KF @ self._unit_TF[: self._length].T
        greatest_K: npt.NDArray[np.float64] = cosines_KT.max(-1)
        return greatest_K


def _unit(features_NF: Features) -> Features:
    """Return features of length 1, in float64; a zero vector stays, like nothing else."""
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
    """Write to every row the candidate of the greatest value, until all have ended.

    Raises BadInputError where the model shows no features.
    """
    features_of = _features_of(start)
    ends, limits = StopCriteria(start, options), Limits(start, options, max_length)
    state, live = start.state, _Live.all_of(start.log_probs_PV)
    hypotheses = [empty_hypothesis(row) for row in live.rows]
    memories = [
        _Memory(start.prompts[row].features_TF if start.prompts else None) for row in live.rows
    ]
    for length in range(1, limits.max_length + 1):
        live, filtered_RV = _that_can_go_on(live, hypotheses, start, options)
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
                memories[row].similarity(units[i]), options.alpha, ends,
            )
            for i, row in enumerate(live.rows)
        ]  # fmt: skip
        hypotheses = hypotheses.copy()  # the old list belongs to the last frame
        for row, choice in zip(live.rows, choices, strict=True):
            hypotheses[row] = choice.taken()
        pruned = [lost for choice in choices for lost in choice.given_up()]
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
    """Return what gives the features of texts; raises BadInputError where a model has none."""
    if start.features is None:
        raise BadInputError(
            "contrastive search compares what the model's top layer makes of tokens, "
            "which this model does not show",
            "choose another decoder",
        )
    return start.features


class _Live(NamedTuple):
    """The texts that are still being written."""

    rows: list[int]
    places_R: Ids
    """Where they stand in the state."""
    log_probs_RV: LogProbs
    """What may follow them, before any filter."""

    @classmethod
    def all_of(cls, log_probs_PV: LogProbs) -> _Live:
        """Return all texts at the start."""
        num = len(log_probs_PV)
        return cls(list(range(num)), np.arange(num), log_probs_PV)


def _that_can_go_on(
    live: _Live, hypotheses: Sequence[Hypothesis], start: SearchStart, options: ContrastiveOptions
) -> tuple[_Live, LogProbs]:
    """Return the texts that the filters let something follow, with what they leave."""
    filtered_RV = live.log_probs_RV
    if options.changes(start):
        texts = [hypotheses[row] for row in live.rows]
        filtered_RV = options.filter(filtered_RV, Rows(texts, start, options))
    kept_R = np.flatnonzero(filtered_RV.max(-1) > NEVER)
    if len(kept_R) == len(live.rows):
        return live, filtered_RV
    rows = [live.rows[i] for i in kept_R]
    return _Live(rows, live.places_R[kept_R], live.log_probs_RV[kept_R]), filtered_RV[kept_R]


def _most_probable(filtered_V: LogProbs, k: int) -> Ids:
    """Return the candidates of one text by id, so that the lowest of equal values comes first."""
    best_K = largest(filtered_V, k)
    return np.sort(best_K[filtered_V[best_K] > NEVER])


class _Choice:
    """The candidates that may follow one text, and the one of the greatest value."""

    def __init__(
        self,
        parent: Hypothesis,
        tokens_K: Ids,
        log_probs_V: LogProbs,
        filtered_V: LogProbs,
        similarity_K: npt.NDArray[np.float64],
        alpha: float,
        ends: StopCriteria,
    ) -> None:
        self._parent, self._tokens_K, self._ends = parent, tokens_K, ends
        self._log_probs_V = log_probs_V
        self._similarity_K = similarity_K
        self._probs_K = np.exp(filtered_V[tokens_K], dtype=np.float64)
        self._values_K = (1.0 - alpha) * self._probs_K - alpha * similarity_K
        self.best = int(self._values_K.argmax())
        """Place of the chosen one among the candidates."""

    def taken(self) -> Hypothesis:
        """Return the text with the chosen candidate."""
        return self._with(self.best)

    def given_up(self) -> list[Pruned]:
        """Return the other candidates with their figures, spelled out when somebody looks."""
        return [
            (
                partial(self._listed, number),
                f"less contrast: p={self._probs_K[number]:.3g}, "
                f"similarity={self._similarity_K[number]:.3g}",
            )
            for number in range(len(self._tokens_K))
            if number != self.best
        ]

    def _with(self, number: int) -> Hypothesis:
        parent, token = self._parent, self._tokens_K.item(number)
        logprob, score = self._log_probs_V.item(token), parent.score + self._values_K.item(number)
        return parent.extended(token, logprob, score, self._ends.of(parent, token))

    def _listed(self, number: int) -> list[Hypothesis]:
        return [self._with(number)]


DECODER = Decoder(
    search, ContrastiveOptions, is_random=False, source="Su et al. (2022)", needs_features=True
)
