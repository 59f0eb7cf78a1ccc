"""Statistics of a text or of documents: characters, lengths, and bounds of the entropy.

The characters of a whole text are counted; the other statistics are those of its beginning.
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

_Probs = npt.NDArray[np.float64]

SAMPLE_CHARS = 4_000_000
"""Maximum number of characters in the sample at the beginning of a text."""
_BOUND_CHARS = 1_000_000
"""Number of characters of the sample from which the bounds of the entropy are computed."""
_RARE = 10
"""A character with fewer occurrences is rare."""
_HIGHEST_ORDER = 6
"""Order of the longest n-grams: longer ones do not lower the bound for texts of this length."""
_NUM_CODEPOINTS = 0x110000
_NUM_BINS = 12


class Lengths(NamedTuple):
    """Percentiles and a histogram of the lengths of sentences or documents."""

    num: int
    p5: float
    median: float
    p95: float
    longest: int
    histogram: tuple[tuple[int, int], ...]
    """Upper end of each bin, and number of lengths in it; the last bin has all greater lengths."""


class Bounds(NamedTuple):
    """Upper bounds of a text's entropy, in nats per character: a good model has a lower loss."""

    unigram: float
    """Entropy of the frequencies of the characters."""
    ngrams: tuple[float, ...]
    """Losses of n-gram models of order 2, 3, ... on the last tenth (Witten and Bell 1991)."""
    gzip: float
    """Size of the text compressed with zlib."""


@dataclass(frozen=True)
class TextStatistics:
    """Statistics of a text; the first three are of the whole text, the others of its sample."""

    num_chars: int
    num_distinct: int
    rare: str
    """Characters with fewer than ten occurrences."""
    sentences: Lengths
    """Lengths of the sentences in characters."""
    num_lines: int
    """Number of lines of the sample."""
    num_duplicates: int
    """Number of sentences of the sample that repeat an earlier sentence."""
    bounds: Bounds | None
    """Bounds of the sample's entropy; None if it has fewer than 1,000 characters."""
    measured_chars: int
    """Number of characters of the sample."""


@dataclass(frozen=True)
class DocumentsStatistics:
    """Statistics of all documents of a corpus."""

    num_chars: int
    num_distinct: int
    rare: str
    """Characters with fewer than ten occurrences."""
    words: Lengths
    """Lengths of the documents in words, which are separated by white space."""
    num_duplicates: int
    """Number of documents that repeat the text of an earlier document."""
    bounds: Bounds | None
    """Bounds of the joined texts' entropy; None if they have fewer than 1,000 characters."""


class CharCounts:
    """Counts the characters of a text, block by block."""

    def __init__(self) -> None:
        self._counts = np.zeros(_NUM_CODEPOINTS, dtype=np.int64)

    def add(self, text: str) -> None:
        """Count the characters of a block."""
        encoded = text.encode("utf-32-le", "surrogatepass")
        counts = np.bincount(np.frombuffer(encoded, dtype=np.uint32))
        self._counts[: len(counts)] += counts

    @property
    def num_chars(self) -> int:
        """Number of characters that have been counted."""
        return int(self._counts.sum())

    def distinct(self, fewer_than: int | None = None) -> str:
        """Return the distinct characters, or only those with fewer than N occurrences."""
        is_included = self._counts > 0
        if fewer_than is not None:
            is_included &= self._counts < fewer_than
        return "".join(map(chr, np.flatnonzero(is_included)))


def text_statistics(counts: CharCounts, sample: str) -> TextStatistics:
    """Return the statistics of a text.

    counts: the characters of the whole text. sample: the beginning of the text, normalised.
    """
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
    ordered = np.sort(np.fromiter(lengths, dtype=np.int64))
    if not len(ordered):
        return Lengths(0, 0.0, 0.0, 0.0, 0, ())
    p5, median, p95 = (float(p) for p in np.percentile(ordered, [5, 50, 95]))
    width = _round_up(max(1.0, p95 / (_NUM_BINS - 1)))
    num_bins = min(_NUM_BINS, int(ordered[-1]) // width + 1)
    ends = [width * (i + 1) for i in range(num_bins)]
    ends[-1] = max(ends[-1], int(ordered[-1]))
    below = np.searchsorted(ordered, ends, "right")
    nums = np.diff(below, prepend=0)
    histogram = tuple((end, int(num)) for end, num in zip(ends, nums, strict=True))
    return Lengths(len(ordered), p5, median, p95, int(ordered[-1]), histogram)


def entropy_bounds(text: str) -> Bounds | None:
    """Return upper bounds of a text's entropy in nats per character; None below 1,000 characters.

    N-grams counted in the first nine tenths predict the last tenth, interpolated with lower orders:
    p_n(x | h) = (c(hx) + t(h) p_(n-1)(x | h')) / (c(h) + t(h)), with t(h) the number of different
    characters after h; the lowest order is uniform over the alphabet.
    """
    text = text[:_BOUND_CHARS]
    if len(text) < 1_000:
        return None
    encoded = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    distinct, chars = np.unique(encoded, return_inverse=True)
    frequencies = np.bincount(chars) / len(chars)
    unigram = -float(np.sum(frequencies * np.log(frequencies)))
    num_train = len(chars) * 9 // 10
    p = np.full(len(chars), 1 / len(distinct))
    contexts: Ids = np.zeros(len(chars), dtype=np.int64)
    losses = []
    for _ in range(_HIGHEST_ORDER):
        _, grams = np.unique(contexts * len(distinct) + chars, return_inverse=True)
        p = _witten_bell(contexts, grams, p, num_train)
        losses.append(-float(np.mean(np.log(p[num_train:]))))
        contexts = np.concatenate([[0], grams[:-1] + 1])
    num_bytes = len(zlib.compress(text.encode("utf-8", "replace"), 9))
    return Bounds(unigram, tuple(losses[1:]), num_bytes * 8 * float(np.log(2)) / len(text))


def _witten_bell(contexts: Ids, grams: Ids, lower: _Probs, num_train: int) -> _Probs:
    """Return every character's probability under one order; lower: that under the next lower."""
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
    """Return the statistics of documents."""
    counts = CharCounts()
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
    """Return the smallest of 1, 2, 5, 10, 20, 50, ... that is at least `value`."""
    size = 1
    while size * 10 <= value:
        size *= 10
    return next(size * step for step in (1, 2, 5, 10) if size * step >= value)
