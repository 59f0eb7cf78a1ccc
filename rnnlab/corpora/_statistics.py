"""Figures about a text or about documents: what they are made of, and how well they can be guessed.

A long text is counted whole, in blocks; what needs the text at hand is measured on its beginning.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnlab.corpora._tokens import split_sentences
from rnnlab.corpora._vocabulary import Ids

_Shares = npt.NDArray[np.float64]

SAMPLE_CHARS = 4_000_000
"""Letters at the beginning of a text that sentences are measured on."""
_BOUND_CHARS = 1_000_000
"""Letters of that which bounds of the entropy are measured on."""
_RARE = 10
"""A letter that comes less often is rare."""
_HIGHEST_ORDER = 6
"""Letters of the longest n-gram: longer ones no longer help in texts of such a length."""
_NUM_CODEPOINTS = 0x110000
_NUM_BINS = 12


class Lengths(NamedTuple):
    """How long sentences or documents are."""

    num: int
    p5: float
    median: float
    p95: float
    longest: int
    histogram: tuple[tuple[int, int], ...]
    """Upper ends of bins, and how many are in each; the last bin holds whatever is longer."""


class Bounds(NamedTuple):
    """Upper bounds of a text's entropy, in nats a letter: a good model does better."""

    unigram: float
    """How often each letter comes."""
    ngrams: tuple[float, ...]
    """Held-out loss of n-grams of order 2, 3, ... (Witten and Bell 1991)."""
    gzip: float


@dataclass(frozen=True)
class TextStatistics:
    """A text in figures."""

    num_chars: int
    num_distinct: int
    rare: str
    """Letters that come less than ten times."""
    sentences: Lengths
    num_lines: int
    """Lines of what was measured."""
    num_duplicates: int
    """Sentences that are there before, of those measured."""
    bounds: Bounds | None
    """None for a text too short to say."""
    measured_chars: int
    """Letters at the beginning on which sentences were measured."""


@dataclass(frozen=True)
class DocumentsStatistics:
    """Documents in figures."""

    num_chars: int
    num_distinct: int
    rare: str
    """Letters that come less than ten times."""
    words: Lengths
    """Words of a document, told apart by white space."""
    num_duplicates: int
    """Documents whose text is there before."""
    bounds: Bounds | None
    """Of the texts end to end."""


class LetterCounts:
    """Counts the letters of a text that comes in blocks."""

    def __init__(self) -> None:
        self._counts = np.zeros(_NUM_CODEPOINTS, dtype=np.int64)

    def add(self, text: str) -> None:
        """Count a block."""
        encoded = text.encode("utf-32-le", "surrogatepass")
        counts = np.bincount(np.frombuffer(encoded, dtype=np.uint32))
        self._counts[: len(counts)] += counts

    @property
    def num_chars(self) -> int:
        """Letters counted."""
        return int(self._counts.sum())

    def distinct(self, fewer_than: int | None = None) -> str:
        """Return the distinct letters, or those that came less often than a number of times."""
        is_there = self._counts > 0
        if fewer_than is not None:
            is_there &= self._counts < fewer_than
        return "".join(map(chr, np.flatnonzero(is_there)))


def text_statistics(counts: LetterCounts, sample: str) -> TextStatistics:
    """Return the figures of a text: its letters counted whole, the rest from its beginning."""
    sentences = split_sentences(sample)
    return TextStatistics(
        num_chars=counts.num_chars,
        num_distinct=len(counts.distinct()),
        rare=counts.distinct(_RARE),
        sentences=lengths_of(map(len, sentences)),
        num_lines=sample.count("\n"),
        num_duplicates=len(sentences) - len(set(sentences)),
        bounds=entropy_bounds(sample),
        measured_chars=len(sample),
    )


def lengths_of(lengths: Iterable[int]) -> Lengths:
    """Return percentiles and a histogram of lengths."""
    found = np.sort(np.fromiter(lengths, dtype=np.int64))
    if not len(found):
        return Lengths(0, 0.0, 0.0, 0.0, 0, ())
    p5, median, p95 = (float(p) for p in np.percentile(found, [5, 50, 95]))
    width = _round_up(max(1.0, p95 / (_NUM_BINS - 1)))
    num_bins = min(_NUM_BINS, int(found[-1]) // width + 1)
    ends = [width * (i + 1) for i in range(num_bins)]
    ends[-1] = max(ends[-1], int(found[-1]))
    below = np.searchsorted(found, ends, "right")
    nums = np.diff(below, prepend=0)
    histogram = tuple((end, int(num)) for end, num in zip(ends, nums, strict=True))
    return Lengths(len(found), p5, median, p95, int(found[-1]), histogram)


def entropy_bounds(text: str) -> Bounds | None:
    """Return upper bounds of a text's entropy; None for one too short to say.

    The last tenth is predicted by n-grams counted in the rest, mixed with those of lower order:
    p_n(x | h) = (c(hx) + t(h) p_(n-1)(x | h')) / (c(h) + t(h)), with t(h) the number of different
    letters that came after h; the lowest order knows the alphabet only.
    """
    text = text[:_BOUND_CHARS]
    if len(text) < 1_000:
        return None
    encoded = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    distinct, letters = np.unique(encoded, return_inverse=True)
    shares = np.bincount(letters) / len(letters)
    unigram = -float(np.sum(shares * np.log(shares)))
    num_train = len(letters) * 9 // 10
    p = np.full(len(letters), 1 / len(distinct))
    contexts: Ids = np.zeros(len(letters), dtype=np.int64)
    losses = []
    for _ in range(_HIGHEST_ORDER):
        _, grams = np.unique(contexts * len(distinct) + letters, return_inverse=True)
        p = _witten_bell(contexts, grams, p, num_train)
        losses.append(-float(np.mean(np.log(p[num_train:]))))
        contexts = np.concatenate([[0], grams[:-1] + 1])
    packed = len(zlib.compress(text.encode("utf-8", "replace"), 9))
    return Bounds(unigram, tuple(losses[1:]), packed * 8 * float(np.log(2)) / len(text))


def _witten_bell(contexts: Ids, grams: Ids, lower: _Shares, num_train: int) -> _Shares:
    """Return the probability of every letter by one order from that of the order below."""
    num_contexts, num_grams = int(contexts.max()) + 1, int(grams.max()) + 1
    gram_counts = np.bincount(grams[:num_train], minlength=num_grams)
    context_counts = np.bincount(contexts[:num_train], minlength=num_contexts)
    context_of = np.zeros(num_grams, dtype=np.int64)
    context_of[grams] = contexts
    types = np.bincount(context_of[gram_counts > 0], minlength=num_contexts)
    seen, kinds = context_counts[contexts], types[contexts]
    mixed = (gram_counts[grams] + kinds * lower) / np.maximum(seen + kinds, 1)
    return np.where(seen > 0, mixed, lower)


def documents_statistics(texts: Sequence[str]) -> DocumentsStatistics:
    """Return the figures of documents."""
    counts = LetterCounts()
    for begin in range(0, len(texts), 1_000):
        counts.add("".join(texts[begin : begin + 1_000]))
    return DocumentsStatistics(
        num_chars=counts.num_chars,
        num_distinct=len(counts.distinct()),
        rare=counts.distinct(_RARE),
        words=lengths_of(len(text.split()) for text in texts),
        num_duplicates=len(texts) - len(set(texts)),
        bounds=entropy_bounds("\n".join(texts)),
    )


def _round_up(value: float) -> int:
    """Return a number of one digit and zeros, or 5 with zeros, not below `value`."""
    size = 1
    while size * 10 <= value:
        size *= 10
    return next(size * step for step in (1, 2, 5, 10) if size * step >= value)
