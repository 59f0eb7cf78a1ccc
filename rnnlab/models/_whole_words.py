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
from rnnlab.corpora._tokens import UNK
from rnnlab.decoding import SearchStart, State, Step
from rnnlab.decoding._numbers import NEVER, LogProbs

_REACH = 3
"""Tokens that can grow together with a next one: of don, ' and t the three make one word."""
CHAIN = "whole words"


class _WordState(NamedTuple):
    inner: State
    tails: list[tuple[str, ...]]
    """The last tokens of each row as they stand in its text, unknown words of the prompt too."""


class WholeWords:
    """A `Step` around another one."""

    def __init__(self, step: Step, vocabulary: Vocabulary) -> None:
        self._step = step
        self._vocabulary = vocabulary
        self._kinds = [_kind(piece) for piece in vocabulary.pieces]
        self._examples = {kind: token for token, kind in reversed([*enumerate(self._kinds)])}
        """A token of each kind."""
        self._masks: dict[tuple[str, ...], npt.NDArray[np.bool_]] = {}

    def begin(self, start: SearchStart, texts: Sequence[str]) -> SearchStart:
        """Return a start whose first tokens go with the prompts, given the text of each row."""
        tails = [tuple(self._vocabulary.split(text)[-_REACH:]) for text in texts]
        features = start.features
        return start._replace(
            log_probs_PV=self._only_apart(start.log_probs_PV, tails),
            state=_WordState(start.state, tails),
            leaves_out=True,
            writer=None,
            features=features and (lambda state: features(state.inner)),
        )

    def __call__(
        self, state: _WordState, parents_R: Ids, tokens_R: Ids
    ) -> tuple[LogProbs, _WordState]:
        """Step, and leave out what would grow together."""
        log_probs_RV, inner = self._step(state.inner, parents_R, tokens_R)
        tails = [
            self._longer(state.tails[parent], token)
            for parent, token in zip(parents_R.tolist(), tokens_R.tolist(), strict=True)
        ]
        return self._only_apart(log_probs_RV, tails), _WordState(inner, tails)

    def _longer(self, tail: tuple[str, ...], token: int) -> tuple[str, ...]:
        piece = self._vocabulary.decode([token], after="".join(tail))
        return (*tail, piece)[-_REACH:] if piece else tail

    def _only_apart(self, log_probs_RV: LogProbs, tails: Sequence[tuple[str, ...]]) -> LogProbs:
        masks_RV = np.stack([self._mask(tail) for tail in tails])
        return np.where(masks_RV, log_probs_RV, NEVER).astype(log_probs_RV.dtype, copy=False)

    def _mask(self, tail: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Return which tokens stay apart from the ones before; alike ones share an answer."""
        key = tuple(map(_kind, tail))
        mask = self._masks.get(key)
        if mask is None:
            apart = {k for k, token in self._examples.items() if self._is_apart(tail, token)}
            mask = self._masks[key] = np.array([kind in apart for kind in self._kinds])
        return mask

    def _is_apart(self, tail: tuple[str, ...], token: int) -> bool:
        longer = [*tail, self._vocabulary.decode([token], after="".join(tail))]
        return self._vocabulary.split("".join(longer)) == [piece for piece in longer if piece]


def _kind(piece: str) -> str:
    """Return what decides whether a token grows together with others: its first and last letter.

    Letters of words are alike, and marks but for the apostrophes and what <unk> is written with.
    """
    if piece.strip(" ") in {UNK, UNK[1:-1]}:
        return piece
    return "".join(map(_kind_of_letter, (piece[:1], piece[1:2], piece[-1:])))


def _kind_of_letter(letter: str) -> str:
    if letter.isalnum() or letter == "_":
        return "w"
    if letter in " '\u2019<>":
        return letter
    return "s" if letter.isspace() else "m"
