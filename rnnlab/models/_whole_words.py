"""A model of words writes words that are read again as they were written.

Of the text "foot" and the token "ball" a reader makes the one word "football", to which the model
gives another log-prob than to the two. The step of a word model therefore never goes on with a
token that would grow together with the ones before it; all other log-probs are the model's own.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnlab.corpora import Ids, Vocabulary
from rnnlab.decoding import Start, State, Step
from rnnlab.decoding._numbers import NEVER, LogProbs

_REACH = 3
"""Tokens that can grow together with a next one: of don, ' and t the three make one word."""
CHAIN = "whole words"


class _WordState(NamedTuple):
    inner: State
    tails: list[tuple[int, ...]]
    """The last tokens of each row."""


class WholeWords:
    """A `Step` around another one."""

    def __init__(self, step: Step, vocabulary: Vocabulary) -> None:
        self._step = step
        self._vocabulary = vocabulary
        self._kinds = [_kind(piece) for piece in vocabulary.pieces]
        self._masks: dict[tuple[str, ...], npt.NDArray[np.bool_]] = {}

    def begin(self, start: Start) -> Start:
        """Return a start whose first tokens go with the prompts."""
        tails = [tuple(prompt.tokens[-_REACH:]) for prompt in start.prompts]
        features = start.features
        return start._replace(
            log_probs_PV=self._only_apart(start.log_probs_PV, tails),
            state=_WordState(start.state, tails),
            features=features and (lambda state: features(state.inner)),
        )

    def __call__(
        self, state: _WordState, parents_R: Ids, tokens_R: Ids
    ) -> tuple[LogProbs, _WordState]:
        """Step, and leave out what would grow together."""
        log_probs_RV, inner = self._step(state.inner, parents_R, tokens_R)
        tails = [
            (*state.tails[parent], token)[-_REACH:]
            for parent, token in zip(parents_R.tolist(), tokens_R.tolist(), strict=True)
        ]
        return self._only_apart(log_probs_RV, tails), _WordState(inner, tails)

    def _only_apart(self, log_probs_RV: LogProbs, tails: Sequence[tuple[int, ...]]) -> LogProbs:
        masks_RV = np.stack([self._mask(tail) for tail in tails])
        return np.where(masks_RV, log_probs_RV, NEVER).astype(log_probs_RV.dtype, copy=False)

    def _mask(self, tail: tuple[int, ...]) -> npt.NDArray[np.bool_]:
        """Return which tokens stay apart from the ones before; alike ones share an answer."""
        key = tuple(self._kinds[token] for token in tail)
        mask = self._masks.get(key)
        if mask is None:
            examples: dict[str, int] = {}
            for token, kind in enumerate(self._kinds):
                examples.setdefault(kind, token)
            apart = {kind for kind, token in examples.items() if self._is_apart(tail, token)}
            mask = self._masks[key] = np.array([kind in apart for kind in self._kinds])
        return mask

    def _is_apart(self, tail: tuple[int, ...], token: int) -> bool:
        vocabulary = self._vocabulary
        if not vocabulary.pieces[token]:
            return True
        ids = [i for i in (*tail, token) if vocabulary.pieces[i]]
        split = vocabulary.split(vocabulary.decode(ids))
        return vocabulary.ids_of(split).tolist() == ids if self._knows(split) else False

    def _knows(self, tokens: Sequence[str]) -> bool:
        return self._vocabulary.unk is not None or not self._vocabulary.unknown(tokens)


def _kind(piece: str) -> str:
    """Return what decides whether a token grows together with others: its first and last letter.

    Letters of words are alike, and marks but for the apostrophes.
    """
    if piece.strip(" ") == "<unk>":
        return piece
    return "".join(map(_kind_of_letter, (piece[:1], piece[1:2], piece[-1:])))


def _kind_of_letter(letter: str) -> str:
    if letter.isalnum() or letter == "_":
        return "w"
    if letter in " '\u2019<>":
        return letter
    return "s" if letter.isspace() else "m"
