"""Numbers of tokens in order of their first occurrence, and the file that holds them."""

from __future__ import annotations

import os
from array import array
from collections import defaultdict
from itertools import count
from pathlib import Path
from typing import IO, Any

import numpy as np

from rnnlab.corpora._index import NUM_CODEPOINTS, Places
from rnnlab.corpora._tokens import Kind, split_tokens
from rnnlab.corpora._vocabulary import Ids

DTYPES = (np.uint8, np.uint16, np.int32)


class CharNumbers:
    """Gives each distinct character a number, ascending from 0, when it first occurs in a text."""

    def __init__(self) -> None:
        self._place: Ids = np.full(NUM_CODEPOINTS, -1, dtype=np.int64)
        self._distinct: list[int] = []

    def __len__(self) -> int:
        return len(self._distinct)

    def __call__(self, parts: list[str]) -> tuple[Places, list[int]]:
        """Return the number given to every character, and the length of each part in characters."""
        encoded = "".join(parts).encode("utf-32-le", "surrogatepass")
        codes = np.frombuffer(encoded, dtype=np.uint32)
        places: Ids = self._place[codes]
        if (places < 0).any():
            new = np.unique(codes[places < 0])
            self._place[new] = np.arange(len(self), len(self) + len(new))
            self._distinct += new.tolist()
            places = self._place[codes]
        return places, [len(part) for part in parts]

    def distinct(self) -> list[str]:
        """Return the distinct characters in order of their numbers."""
        return [chr(code) for code in self._distinct]


class WordNumbers:
    """Gives each distinct word a number, ascending from 0, when it first occurs in a text."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)

    def __len__(self) -> int:
        return len(self._numbers)

    def __call__(self, parts: list[str]) -> tuple[Places, list[int]]:
        """Return the number given to every word, and the length of each part in words."""
        numbers = array("i")
        lengths = []
        for part in parts:
            tokens = split_tokens(part, self._kind)
            numbers.extend(map(self._numbers.__getitem__, tokens))
            lengths.append(len(tokens))
        return np.array(numbers, dtype=np.int32), lengths

    def distinct(self) -> list[str]:
        """Return the distinct words in order of their numbers."""
        return list(self._numbers)


class PlacesFile:
    """A file of integers: one byte each while that suffices for all values, then two, then four."""

    def __init__(self, file: Path, widened_at_once: int) -> None:
        self._file = file
        self._widened_at_once = widened_at_once
        self.dtype: np.dtype[Any] = np.dtype(DTYPES[0])
        self.stream: IO[bytes] = file.open("wb")

    def __enter__(self) -> PlacesFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def append(self, places: Places, num_distinct: int) -> None:
        """Append numbers below `num_distinct`; convert the file to a wider type if necessary."""
        while num_distinct > np.iinfo(self.dtype).max + 1:
            self._widen()
        self.stream.write(places.astype(self.dtype).tobytes())

    def _widen(self) -> None:
        self.stream.close()
        narrow = self._file.with_suffix(".narrow")
        os.rename(self._file, narrow)
        before = self.dtype
        self.dtype = np.dtype(DTYPES[[np.dtype(d) for d in DTYPES].index(before) + 1])
        self.stream = self._file.open("wb")
        with narrow.open("rb") as stream:
            while block := stream.read(self._widened_at_once):
                self.stream.write(np.frombuffer(block, before).astype(self.dtype).tobytes())
        narrow.unlink()
