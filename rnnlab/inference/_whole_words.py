"""A constraint for word models: the generated text must tokenise into the generated tokens.

After the text "foot", the token "ball" would give "football", which tokenises into one word, whose
log-prob differs from that of the two tokens. The step of a word model therefore excludes every
token that would merge with the previous tokens; the other log-probs are those of the model.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnlab.corpora import Ids, Vocabulary
from rnnlab.corpora._tokens import UNK
from rnnlab.decoding import Options, SearchStart, State, Step
from rnnlab.decoding._numbers import NEVER, LogProbs

_REACH = 3
"""Number of previous tokens that can merge with the next token: "don" and "'" merge with "t"."""


def word_chain(vocabulary: Vocabulary, options: Options) -> list[str]:
    """Return what precedes the filters in the chain: nothing if the tokens are characters."""
    if vocabulary.kind != "words":
        return []
    return ["whole words", *([f"no {UNK}"] if options.bans_unk(vocabulary.unk) else [])]


class _WordState(NamedTuple):
    inner: State
    tails: list[tuple[str, ...]]
    """Last tokens of each row, spelled as in its text, even if their id is <unk>."""


class WholeWords:
    """A `Step` that wraps another `Step` and excludes tokens that would merge with the text."""

    def __init__(self, step: Step, vocabulary: Vocabulary) -> None:
        self._step = step
        self._vocabulary = vocabulary
        self._kinds = [_kind(piece) for piece in vocabulary.pieces]
        self._examples = {kind: token for token, kind in reversed([*enumerate(self._kinds)])}
        """Id of one token of every kind, by kind."""
        self._masks: dict[tuple[str, ...], npt.NDArray[np.bool_]] = {}

    def begin(
        self, start: SearchStart, texts: Sequence[str], unfinished: Sequence[str] = ()
    ) -> SearchStart:
        """Return the initial state with the constraint applied; texts: the prompt of each row.

        unfinished: for each row, the beginning of its first word; "" for any word.
        """
        tails = [tuple(self._vocabulary.split(text)[-_REACH:]) for text in texts]
        log_probs_PV = self._without_merges(start.log_probs_PV, tails)
        for row, beginning in enumerate(unfinished):
            if beginning:
                begins_V = [piece.startswith(beginning) for piece in self._vocabulary.pieces]
                log_probs_PV[row, ~np.array(begins_V)] = NEVER
        features = start.features
        return start._replace(
            log_probs_PV=log_probs_PV,
            state=_WordState(start.state, tails),
            leaves_out=True,
            unk=self._vocabulary.unk,
            writer=None,
            features=features and (lambda state: features(state.inner)),
        )

    def __call__(
        self, state: _WordState, parents_R: Ids, tokens_R: Ids
    ) -> tuple[LogProbs, _WordState]:
        """Do a step; set the log-probs of the tokens that would merge with the text to -inf."""
        log_probs_RV, inner = self._step(state.inner, parents_R, tokens_R)
        tails = [
            self._append(state.tails[parent], token)
            for parent, token in zip(parents_R.tolist(), tokens_R.tolist(), strict=True)
        ]
        return self._without_merges(log_probs_RV, tails), _WordState(inner, tails)

    def _append(self, tail: tuple[str, ...], token: int) -> tuple[str, ...]:
        piece = self._vocabulary.decode([token], after="".join(tail))
        return (*tail, piece)[-_REACH:] if piece else tail

    def _without_merges(self, log_probs_RV: LogProbs, tails: Sequence[tuple[str, ...]]) -> LogProbs:
        masks_RV = np.stack([self._mask(tail) for tail in tails])
        return np.where(masks_RV, log_probs_RV, NEVER).astype(log_probs_RV.dtype, copy=False)

    def _mask(self, tail: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Return the mask [V] of tokens that do not merge with a tail; equal kinds share it."""
        key = tuple(map(_kind, tail))
        mask = self._masks.get(key)
        if mask is None:
            examples = self._examples.items()
            allowed = {kind for kind, token in examples if self._stays_separate(tail, token)}
            mask = self._masks[key] = np.array([kind in allowed for kind in self._kinds])
        return mask

    def _stays_separate(self, tail: tuple[str, ...], token: int) -> bool:
        pieces = [*tail, self._vocabulary.decode([token], after="".join(tail))]
        return self._vocabulary.split("".join(pieces)) == [piece for piece in pieces if piece]


def _kind(piece: str) -> str:
    """Return the kind of a token: tokens of one kind merge with the same neighbours.

    The kind consists of the classes of the first, second and last character. <unk> has a kind of
    its own.
    """
    if piece.strip(" ") in {UNK, UNK[1:-1]}:
        return piece
    return "".join(map(_class_of_char, (piece[:1], piece[1:2], piece[-1:])))


def _class_of_char(char: str) -> str:
    if char.isalnum() or char == "_":
        return "w"
    if char in " '\u2019<>":
        return char
    return "s" if char.isspace() else "m"
