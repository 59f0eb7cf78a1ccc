"""Number the tokens of many texts in one pass, before the vocabulary is known.

A token of the text is stored as its index in a list of the distinct tokens. Only the distinct
tokens are looked up in a vocabulary, whether it is given or counted from the same texts.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnlab.corpora._sizes import SIZES
from rnnlab.corpora._tokens import UNK, Kind, split_tokens
from rnnlab.corpora._vocabulary import Ids, Vocabulary

NUM_CODEPOINTS = 0x110000

Places = npt.NDArray[np.integer[Any]]
"""Indices of tokens in the list of distinct tokens, in as few bytes as possible; may be on disk."""


class Encoded:
    """Token ids that are looked up on access."""

    def __init__(self, places: Places, table: Ids) -> None:
        self.places = places
        self.table = table
        """Id of each distinct token."""

    @classmethod
    def of(cls, ids: Ids) -> Encoded:
        """Return `Encoded` for token ids in memory, without a look-up."""
        return cls(ids, np.arange(int(ids.max(initial=-1)) + 1))

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, positions: slice | Ids) -> Ids:
        return self.look_up(self.places[positions])

    def look_up(self, places: Places) -> Ids:
        """Return the token ids for indices in the list of distinct tokens."""
        ids: Ids = self.table[places]
        return ids

    def part(self, part: slice) -> Encoded:
        """Return a part of the tokens, without a look-up of their ids."""
        return Encoded(self.places[part], self.table)


@dataclass(frozen=True)
class Indexed:
    """The tokens of concatenated texts, as indices in a list of the distinct tokens."""

    distinct: Sequence[str]
    places: Places
    """For each token, its index in `distinct`."""
    starts: Ids
    """For each text, its offset in `places`; the last element is the end of the last text."""
    counted_at_once: int = SIZES.counted_at_once

    def counts(self, part: slice = slice(None)) -> Ids:
        """Return the number of occurrences of each distinct token in a part of the tokens."""
        counts: Ids = np.zeros(len(self.distinct), dtype=np.int64)
        places = self.places[part]
        for begin in range(0, len(places), self.counted_at_once):
            some = places[begin : begin + self.counted_at_once]
            counts += np.bincount(some, minlength=len(counts))
        return counts

    def occurring(self) -> Ids:
        """Return 1 for each distinct token, because each occurs; cheaper than `counts`."""
        return np.ones(len(self.distinct), dtype=np.int64)

    def sizes(self) -> Ids:
        """Return the number of characters of each distinct token."""
        return np.array([len(token) for token in self.distinct], dtype=np.int64)

    def encode(self, vocabulary: Vocabulary) -> Ids:
        """Return the ids of all tokens; raises BadInputError for an unknown character."""
        encoded: Ids = vocabulary.ids_of(self.distinct)[self.places]
        return encoded

    def unknown_fraction(self, vocabulary: Vocabulary, part: slice) -> float:
        """Return the fraction of the tokens of a part that are not in the vocabulary."""
        counts = self.counts(part)
        is_unknown = vocabulary.ids_of(self.distinct) == vocabulary.unk
        return float(counts[is_unknown].sum() / max(1, counts.sum()))

    def lazily(self, vocabulary: Vocabulary) -> Encoded:
        """Return the ids of all tokens, looked up on access; raises the errors of `encode`."""
        return Encoded(self.places, vocabulary.ids_of(self.distinct))

    def extend(self, vocabulary: Vocabulary, counts: Ids, size: int) -> Vocabulary:
        """Return a vocabulary of special tokens, extended by tokens of these texts.

        counts: for each distinct token, its number of occurrences in the texts to use. Adds all
        characters that occur, in code point order, or the `size` most frequent words, with ties in
        code point order.
        """
        occurring = [int(i) for i in np.flatnonzero(counts)]
        if vocabulary.kind == "chars":
            tokens = sorted(self.distinct[i] for i in occurring)
        else:
            occurring.sort(key=lambda i: (-counts[i], self.distinct[i]))
            words = (self.distinct[i] for i in occurring)
            tokens = [word for word in words if word.removeprefix(" ") != UNK][:size]
        return replace(vocabulary, tokens=(*vocabulary.tokens, *tokens))


def index(texts: Iterable[str], kind: Kind) -> Indexed:
    """Return the tokens of normalised texts as indices in a list of the distinct tokens."""
    return _index_chars(list(texts)) if kind == "chars" else _index_words(texts, kind)


def _index_chars(texts: Sequence[str]) -> Indexed:
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    codepoints = np.frombuffer(joined, dtype=np.uint32)
    occurs = np.zeros(NUM_CODEPOINTS, dtype=np.bool_)
    occurs[codepoints] = True
    distinct = np.flatnonzero(occurs)
    place = np.zeros(NUM_CODEPOINTS, dtype=np.int32)
    place[distinct] = np.arange(len(distinct), dtype=np.int32)
    return Indexed([chr(c) for c in distinct], place[codepoints], _starts(map(len, texts)))


def _index_words(texts: Iterable[str], kind: Kind) -> Indexed:
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    number = numbers.__getitem__
    places = array("i")
    lengths = array("q")
    for text in texts:
        tokens = split_tokens(text, kind)
        places.extend(map(number, tokens))
        lengths.append(len(tokens))
    return Indexed(list(numbers), np.array(places, dtype=np.int32), _starts(lengths))


def _starts(lengths: Iterable[int]) -> Ids:
    return np.cumsum([0, *lengths], dtype=np.int64)
