"""Properties of a text's letters, and how well a unit tells them.

Shapes: T letters or tokens, H units.
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
"""[T] for every letter 1 where it has the property, 0 where not; or a number."""

_OPENING, _CLOSING = "“«„", "”»"
_VOWELS = frozenset("aeiouyàâäéèêëîïôöùûüœæ")


def _inside_quotes(text: str) -> Flags:
    """Return where a quotation is open; a line end closes what was left open."""
    found = np.zeros(len(text))
    is_open = False
    for i, letter in enumerate(text):
        if letter == '"':
            is_open = not is_open
        elif letter in _OPENING:
            is_open = True
        elif letter in _CLOSING or letter == "\n":
            is_open = False
        found[i] = is_open
    return found


def _line_position(text: str) -> Flags:
    """Return how many letters lie between each letter and the line end before it."""
    found = np.zeros(len(text))
    place = 0
    for i, letter in enumerate(text):
        found[i] = place
        place = 0 if letter == "\n" else place + 1
    return found


def _capital(text: str) -> Flags:
    return np.array([float(letter.isupper()) for letter in text])


def _after_vowel(text: str) -> Flags:
    """Return where the letter before is a vowel."""
    before = ["", *text[:-1]]
    return np.array([float(letter.lower() in _VOWELS) for letter in before])


def _word_start(text: str) -> Flags:
    before = [" ", *text[:-1]]
    pairs = zip(before, text, strict=True)
    return np.array([float(letter.isalnum() and not b.isalnum()) for b, letter in pairs])


DEFAULT_PROPERTY = "capital"
PROPERTIES: dict[str, Callable[[str], Flags]] = {
    "quotes": _inside_quotes,
    "line-position": _line_position,
    "capital": _capital,
    "after-vowel": _after_vowel,
    "word-start": _word_start,
}


PATIENCE_S = 2.0
"""Time that a regular expression may take: some would go on for years."""


def property_of(wish: str, tokens: Sequence[str], patience_s: float = PATIENCE_S) -> Flags:
    """Return a property of every token: one by its name, or where a regular expression matches.

    A token has what any of its letters has; of a number, that of its last letter. Raises
    BadInputError for a regular expression that is none or takes longer than `patience_s`, or where
    all are alike.
    """
    text = "".join(tokens)
    of_letters = PROPERTIES[wish](text) if wish in PROPERTIES else _matches(wish, text, patience_s)
    ends = np.cumsum([len(token) for token in tokens])
    if set(of_letters.tolist()) <= {0.0, 1.0}:
        starts = np.concatenate([[0], ends[:-1]])
        found: Flags = np.maximum.reduceat(of_letters, starts)
    else:
        found = of_letters[ends - 1]
    if len(set(found.tolist())) < 2:
        unit = "letters" if len(text) == len(tokens) else "tokens"
        raise BadInputError(
            f"{wish!r} holds for all {unit} of the text or for none", "give another text"
        )
    return found


def usual_property(tokens: Sequence[str]) -> str:
    """Return the first property that some tokens have and others lack."""
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
        known = ", ".join(PROPERTIES)
        raise BadInputError(
            f"{wish!r} is no property and no regular expression ({error})", f"known: {known}"
        ) from None
    found = np.zeros(len(text))
    try:
        with _alarm(patience_s):
            for match in pattern.finditer(text):
                found[match.start() : match.end()] = 1.0
    except TimeoutError:
        raise BadInputError(
            f"{wish!r} takes longer than {patience_s:g} s on this text",
            "write it without repetitions of repetitions",
        ) from None
    return found


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise TimeoutError after `seconds`; in the main thread alone, which signals interrupt.

    The alarm is unblocked meanwhile: a process may inherit that signal blocked. Handler, mask and
    a timer of the caller's are restored.
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
    """Return for every unit how well it tells a property, -1 to 1.

    Of one that is there or not: 2 AUC - 1, AUC being the chance that the unit is higher where it is
    there than where it is not (a tie counts half). Of a number: Pearson's correlation.
    """
    if set(flags_T.tolist()) <= {0.0, 1.0}:
        ranks_TH = _ranks(values_TH)
        is_there = flags_T > 0
        num_there = int(is_there.sum())
        num_not = len(flags_T) - num_there
        above = ranks_TH[is_there].sum(axis=0) - num_there * (num_there + 1) / 2
        found: Flags = 2 * above / (num_there * num_not) - 1
        return found
    x = values_TH - values_TH.mean(axis=0)
    y = flags_T - flags_T.mean()
    size = np.sqrt((x * x).sum(axis=0) * (y * y).sum())
    correlation: Flags = np.divide(y @ x, size, out=np.zeros(x.shape[1]), where=size > 0)
    return correlation


def _ranks(values_TH: npt.NDArray[np.float64]) -> Flags:
    """Return the rank of every value within its column, from 1; equal ones share their mean."""
    ranks = np.empty(values_TH.shape)
    for column in range(values_TH.shape[1]):
        _, where, counts = np.unique(values_TH[:, column], return_inverse=True, return_counts=True)
        ends = np.cumsum(counts)
        ranks[:, column] = (ends - (counts - 1) / 2)[where]
    return ranks
