"""An overview of a long journal: all lines of rare kinds, and a sample of the frequent ones.

Decoding a line is slow, and so is splitting a text into lines: omitted lines are not even split.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import BinaryIO

_FREQUENT = (b'\n{"kind": "train"', b'\n{"kind": "layers"')
"""The beginnings of lines of the frequent kinds, each with the newline before the line."""
_RARE = re.compile(b"\n(?!(?:" + b"|".join(start[1:] for start in _FREQUENT) + b"))")
"""Matches the newline before a line of a rare kind."""
BLOCK_BYTES = 1 << 22
"""Number of bytes to read at once."""
MOST_LINE_BYTES = 1 << 22
"""Maximum length of a line; a longer one is left out. A record of a very large model has some
hundred kilobytes."""


def overview(
    stream: BinaryIO, most: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[tuple[list[bytes], WholeLines]]:
    """Yield about `most` lines of frequent kinds and all other lines of a journal, in order.

    The first and the last line are always included, and so are all lines of a journal with at most
    `most` lines. Each item has the lines of a block, and the incomplete line at its end.
    block_bytes: bytes to read at once.
    """
    size = os.fstat(stream.fileno()).st_size
    rest = WholeLines()
    while block := stream.read(block_bytes):
        complete = rest.add(block)
        is_short = size * complete.count(b"\n") <= most * len(complete)
        yield complete.split(b"\n")[1:] if is_short else _sample(complete, 2 * size // most), rest


class WholeLines:
    """Divides blocks into whole lines; the beginning of a line waits for its end."""

    def __init__(self, half: bytes = b"") -> None:
        self.half = half
        """The incomplete line at the end."""
        self._is_cut = False

    def add(self, block: bytes) -> bytes:
        """Return the whole lines up to the end of a block, each after a newline.

        A line that is still incomplete after MOST_LINE_BYTES is left out.
        """
        complete, _, half = (b"\n" + self.half + block).rpartition(b"\n")
        is_cut = self._is_cut and not complete
        if self._is_cut and complete:  # the first line is the rest of a long one
            end = complete.find(b"\n", 1)
            complete = b"" if end < 0 else complete[end:]
        self._is_cut = is_cut or len(half) > MOST_LINE_BYTES
        self.half = b"" if self._is_cut else half
        return complete

    def split(self, block: bytes) -> list[bytes]:
        """Return the whole lines up to the end of a block, without newlines."""
        return self.add(block).split(b"\n")[1:]


def _sample(block: bytes, apart: int) -> list[bytes]:
    """Return all lines of rare kinds and a sample of the others from a block.

    The block begins with a newline. The sample consists of two consecutive lines every `apart`
    bytes, because lines of two kinds may alternate, and of the last line of each kind.
    """
    starts = {match.end() for match in _RARE.finditer(block)}
    for place in range(0, len(block), apart):
        first = block.find(b"\n", place) + 1
        second = block.find(b"\n", first) + 1
        starts |= {first, second}
    starts |= {block.rfind(start) + 1 for start in _FREQUENT}
    starts.discard(0)  # a failed `find` returned -1
    ends = (block.find(b"\n", start) for start in sorted(starts))
    return [
        block[start : None if end < 0 else end]
        for start, end in zip(sorted(starts), ends, strict=True)
    ]
