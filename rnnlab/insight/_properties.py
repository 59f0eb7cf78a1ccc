"""Properties of the characters of a text, and how well a unit predicts them.

Shapes: T characters or tokens, H units.
"""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from rnnlab.base.errors import BadInputError

Flags = npt.NDArray[np.float64]
"""Array [T] with a value per character or token: 1 or 0 (has the property or not), or a number."""

_OPENING, _CLOSING = "“«„", "”»"
_VOWELS = frozenset("aeiouyàâäéèêëîïôöùûüœæ")


def _inside_quotes(text: str) -> Flags:
    """Return 1 inside quotation marks, else 0; a line end closes an open quotation."""
    flags_T = np.zeros(len(text))
    is_open = False
    for i, char in enumerate(text):
        if char == '"':
            is_open = not is_open
        elif char in _OPENING:
            is_open = True
        elif char in _CLOSING or char == "\n":
            is_open = False
        flags_T[i] = is_open
    return flags_T


def _line_position(text: str) -> Flags:
    """Return the position of each character in its line, from 0."""
    flags_T = np.zeros(len(text))
    position = 0
    for i, char in enumerate(text):
        flags_T[i] = position
        position = 0 if char == "\n" else position + 1
    return flags_T


def _capital(text: str) -> Flags:
    return np.array([float(char.isupper()) for char in text])


def _after_vowel(text: str) -> Flags:
    """Return 1 if the previous character is a vowel, else 0."""
    before = ["", *text[:-1]]
    return np.array([float(char.lower() in _VOWELS) for char in before])


def _word_start(text: str) -> Flags:
    before = [" ", *text[:-1]]
    pairs = zip(before, text, strict=True)
    return np.array([float(char.isalnum() and not b.isalnum()) for b, char in pairs])


DEFAULT_PROPERTY = "capital"
PROPERTIES: dict[str, Callable[[str], Flags]] = {
    "quotes": _inside_quotes,
    "line-position": _line_position,
    "capital": _capital,
    "after-vowel": _after_vowel,
    "word-start": _word_start,
}


PATIENCE_S = 2.0
"""Seconds that a search with a regular expression may take; some expressions would take years."""


def property_of(wish: str, tokens: Sequence[str], patience_s: float = PATIENCE_S) -> Flags:
    """Return the property `wish` [T] of every token: a named property, or a regular expression.

    A token has the property if one of its characters has it, or is part of a match of the regular
    expression; the value of a numeric property is taken from the token's last character. Raises
    BadInputError if the regular expression is invalid or takes longer than `patience_s`, or if the
    property is the same for all tokens.
    """
    text = "".join(tokens)
    by_char = PROPERTIES[wish](text) if wish in PROPERTIES else _matches(wish, text, patience_s)
    ends = np.cumsum([len(token) for token in tokens])
    if set(by_char.tolist()) <= {0.0, 1.0}:
        starts = np.concatenate([[0], ends[:-1]])
        flags_T: Flags = np.maximum.reduceat(by_char, starts)
    else:
        flags_T = by_char[ends - 1]
    if len(set(flags_T.tolist())) < 2:
        unit = "characters" if len(text) == len(tokens) else "tokens"
        raise BadInputError(
            f"{wish!r} is the same for all {unit} of the text",
            "use another --text or --property",
        )
    return flags_T


def usual_property(tokens: Sequence[str]) -> str:
    """Return the name of the first property that some tokens have and others do not."""
    for name in (DEFAULT_PROPERTY, *PROPERTIES):
        try:
            property_of(name, tokens)
        except BadInputError:
            continue
        return name
    return DEFAULT_PROPERTY


def _matches(wish: str, text: str, patience_s: float) -> Flags:
    try:
        pattern = re.compile(wish)
    except re.error as error:
        names = ", ".join(PROPERTIES)
        raise BadInputError(
            f"{wish!r} is neither a property nor a regular expression ({error})",
            f"use a regular expression or one of: {names}",
        ) from None
    flags_T = np.zeros(len(text))
    try:
        with _alarm(patience_s):
            for match in pattern.finditer(text):
                flags_T[match.start() : match.end()] = 1.0
    except TimeoutError:
        raise BadInputError(
            f"{wish!r} takes longer than {patience_s:g} s on this text",
            "remove nested repetitions such as (a+)+",
        ) from None
    return flags_T


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block after `seconds`; no limit outside the main thread.

    Python handles signals in the main thread only. SIGALRM is unblocked during the block, because a
    process may inherit it blocked; afterwards the caller's handler, signal mask and timer are
    restored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)


def predictiveness(values_TH: npt.NDArray[np.float64], flags_T: Flags) -> Flags:
    """Return a score [H] from -1 to 1 for every unit: how well it predicts a property.

    For a binary property, the score is 2 AUC - 1; the AUC is the probability that the unit is
    higher on a token with the property than on a token without it (a tie counts half). For a
    numeric property, it is Pearson's correlation.
    """
    if set(flags_T.tolist()) <= {0.0, 1.0}:
        ranks_TH = _ranks(values_TH)
        is_positive = flags_T > 0
        num_positive = int(is_positive.sum())
        num_negative = len(flags_T) - num_positive
        wins_H = ranks_TH[is_positive].sum(axis=0) - num_positive * (num_positive + 1) / 2
        scores_H: Flags = 2 * wins_H / (num_positive * num_negative) - 1
        return scores_H
    x = values_TH - values_TH.mean(axis=0)
    y = flags_T - flags_T.mean()
    size = np.sqrt((x * x).sum(axis=0) * (y * y).sum())
    correlation: Flags = np.divide(y @ x, size, out=np.zeros(x.shape[1]), where=size > 0)
    return correlation


def _ranks(values_TH: npt.NDArray[np.float64]) -> Flags:
    """Return the rank of every value within its column, from 1; equal values get the mean rank."""
    ranks = np.empty(values_TH.shape)
    for column in range(values_TH.shape[1]):
        _, index, counts = np.unique(values_TH[:, column], return_inverse=True, return_counts=True)
        ends = np.cumsum(counts)
        ranks[:, column] = (ends - (counts - 1) / 2)[index]
    return ranks
