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
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pydantic import Field

from rnnlab.decoding._base import Decoder, Expansion, Frame, Pruned
from rnnlab.decoding._hypothesis import empty_hypothesis
from rnnlab.decoding._limits import Limits
from rnnlab.decoding._numbers import NEVER, largest
from rnnlab.decoding._options import Options, shown_number
from rnnlab.decoding._text import Ends, Rows
from rnnlab.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rnnlab.decoding._base import Features, Start, Step
    from rnnlab.decoding._hypothesis import Hypothesis


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
    start: Start,
    options: ContrastiveOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],  # noqa: ARG001
) -> Iterator[Frame]:
    """Write to every row the candidate of the greatest value, until all have ended.

    Raises BadInputError where the model shows no features.
    """
    if start.features is None:
        raise BadInputError(
            "contrastive search compares what the model's top layer makes of tokens, "
            "which this model does not show",
            "choose another decoder",
        )
    log_probs_RV, state = start.log_probs_PV, start.state
    ends, limits = Ends(start, options), Limits(options, max_length)
    rows = list(range(len(log_probs_RV)))
    places_R = np.arange(len(rows))  # where the rows stand in the state
    hypotheses = [empty_hypothesis(row) for row in rows]
    memories = [_Memory(start.prompts[row].features_TF if start.prompts else None) for row in rows]
    for length in range(1, limits.max_length + 1):
        old = [hypotheses[row] for row in rows]
        filtered_RV = log_probs_RV
        if options.changes(start):
            filtered_RV = options.filter(log_probs_RV, Rows(old, start, options))
        can_go_on_R = np.flatnonzero(filtered_RV.max(-1) > NEVER)
        if len(can_go_on_R) < len(rows):
            rows, old = [rows[i] for i in can_go_on_R], [old[i] for i in can_go_on_R]
            places_R, log_probs_RV = places_R[can_go_on_R], log_probs_RV[can_go_on_R]
            filtered_RV = filtered_RV[can_go_on_R]
            if not rows:
                yield Frame(partial(list, hypotheses), "ended")
                return
        tokens = []
        for filtered_V in filtered_RV:
            best_K = largest(filtered_V, options.k)
            # By id, so that the lowest of equal values is found first.
            tokens.append(np.sort(best_K[filtered_V[best_K] > NEVER]))
        num_R = [len(tokens_K) for tokens_K in tokens]
        next_NV, state = step(state, places_R.repeat(num_R), np.concatenate(tokens))
        unit_NF = _unit(start.features(state))
        hypotheses = hypotheses.copy()  # the old list belongs to the last frame
        expansion = Expansion(partial(list, old), log_probs_RV, filtered_RV)
        pruned: list[Pruned] = []
        live, places = [], []
        first = 0
        for i, (row, parent, tokens_K) in enumerate(zip(rows, old, tokens, strict=True)):
            unit_KF = unit_NF[first : first + len(tokens_K)]
            probs_K = np.exp(filtered_RV[i, tokens_K], dtype=np.float64)
            similarity_K = memories[row].similarity(unit_KF)
            values_K = (1.0 - options.alpha) * probs_K - options.alpha * similarity_K
            chosen = int(values_K.argmax())
            made = [
                partial(_extended, parent, token, log_probs_RV.item(i, token), value, ends)
                for token, value in zip(tokens_K.tolist(), values_K.tolist(), strict=True)
            ]
            for number, make in enumerate(made):
                if number != chosen:
                    reason = f"p={probs_K[number]:.3g}, similarity={similarity_K[number]:.3g}"
                    pruned.append((partial(_listed, make), f"less contrast: {reason}"))
            hypotheses[row] = made[chosen]()
            if hypotheses[row].end is None:
                live.append(row)
                places.append(first + chosen)
                memories[row].add(unit_KF[chosen])
            first += len(tokens_K)
        last = limits.last(length, is_over=not live)
        yield Frame(partial(list, hypotheses), last, (expansion,), pruned)
        if last is not None:
            return
        rows, places_R = live, np.array(places)
        log_probs_RV = next_NV[places_R]


def _extended(
    parent: Hypothesis, token: int, logprob: float, value: float, ends: Ends
) -> Hypothesis:
    return parent.extended(token, logprob, parent.score + value, ends.of(parent, token))


def _listed(make: partial[Hypothesis]) -> list[Hypothesis]:
    return [make()]


DECODER = Decoder(
    search, ContrastiveOptions, is_random=False, source="Su et al. (2022)", needs_features=True
)
