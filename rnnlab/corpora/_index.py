"""The tokens of many texts numbered in one pass, a vocabulary chosen afterwards.

Numbers are first given in the order in which tokens come; so each token of the text is looked up
once, whether a vocabulary is there already or is counted from these very texts.
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
"""Places of tokens among the distinct ones, in as few bytes as they take; may lie on disk."""


class Encoded:
    """Tokens as ids, looked up as they are asked for."""

    def __init__(self, places: Places, table: Ids) -> None:
        self.places = places
        self.table = table
        """Id of each distinct token."""

    @classmethod
    def of(cls, ids: Ids) -> Encoded:
        """Return ids that are in memory already."""
        return cls(ids, np.arange(int(ids.max(initial=-1)) + 1))

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, wanted: slice | Ids) -> Ids:
        return self.look_up(self.places[wanted])

    def look_up(self, places: Places) -> Ids:
        """Return the ids of places."""
        found: Ids = self.table[places]
        return found

    def part(self, part: slice) -> Encoded:
        """Return some of the tokens, none of them looked up."""
        return Encoded(self.places[part], self.table)


@dataclass(frozen=True)
class Indexed:
    """The tokens of texts, end to end, as places in a list of the distinct ones."""

    distinct: Sequence[str]
    places: Places
    """For each token its place in `distinct`."""
    starts: Ids
    """Where each text begins in `places`; one more for the end."""
    counted_at_once: int = SIZES.counted_at_once

    def counts(self, part: slice = slice(None)) -> Ids:
        """Return how often each distinct token occurs in a part of the tokens."""
        counts: Ids = np.zeros(len(self.distinct), dtype=np.int64)
        places = self.places[part]
        for begin in range(0, len(places), self.counted_at_once):
            some = places[begin : begin + self.counted_at_once]
            counts += np.bincount(some, minlength=len(counts))
        return counts

    def occurring(self) -> Ids:
        """Return one for each distinct token: all of them occur, nothing has to be counted."""
        return np.ones(len(self.distinct), dtype=np.int64)

    def sizes(self) -> Ids:
        """Return the number of letters of each distinct token."""
        return np.array([len(token) for token in self.distinct], dtype=np.int64)

    def encode(self, vocabulary: Vocabulary) -> Ids:
        """Return all tokens as ids; raises BadInputError where the vocabulary lacks a letter."""
        encoded: Ids = vocabulary.ids_of(self.distinct)[self.places]
        return encoded

    def share(self, vocabulary: Vocabulary, part: slice) -> float:
        """Return the share of the tokens of a part that a vocabulary does not know."""
        counts = self.counts(part)
        is_unknown = vocabulary.ids_of(self.distinct) == vocabulary.unk
        return float(counts[is_unknown].sum() / max(1, counts.sum()))

    def lazily(self, vocabulary: Vocabulary) -> Encoded:
        """Return all tokens as ids that are looked up as they are asked for; raises likewise."""
        return Encoded(self.places, vocabulary.ids_of(self.distinct))

    def extend(self, vocabulary: Vocabulary, counts: Ids, size: int) -> Vocabulary:
        """Return a vocabulary of special tokens with tokens of these texts added.

        counts: of each distinct token, in the texts that it may know. Of letters it takes all, in
        code order; of words the `size` most frequent, equal ones in code order.
        """
        found = [int(i) for i in np.flatnonzero(counts)]
        if vocabulary.kind == "chars":
            tokens = sorted(self.distinct[i] for i in found)
        else:
            found.sort(key=lambda i: (-counts[i], self.distinct[i]))
            words = (self.distinct[i] for i in found)
            tokens = [word for word in words if word.removeprefix(" ") != UNK][:size]
        return replace(vocabulary, tokens=(*vocabulary.tokens, *tokens))


def index(texts: Iterable[str], kind: Kind) -> Indexed:
    """Return the tokens of normalised texts, numbered."""
    return _index_letters(list(texts)) if kind == "chars" else _index_words(texts, kind)


def _index_letters(texts: Sequence[str]) -> Indexed:
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    codepoints = np.frombuffer(joined, dtype=np.uint32)
    is_there = np.zeros(NUM_CODEPOINTS, dtype=np.bool_)
    is_there[codepoints] = True
    distinct = np.flatnonzero(is_there)
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
