"""An overview of a long journal: all lines of rare kinds, and a sample of the frequent ones.

Decoding a line is slow, and so is splitting a text into lines: omitted lines are not even split.
"""

from __future__ import annotations

import os
import re
from typing import BinaryIO

_FREQUENT = (b'\n{"kind": "train"', b'\n{"kind": "layers"')
"""The beginnings of lines of the frequent kinds, each with the newline before the line."""
_RARE = re.compile(b"\n(?!(?:" + b"|".join(start[1:] for start in _FREQUENT) + b"))")
"""Matches the newline before a line of a rare kind."""
BLOCK_BYTES = 1 << 22
"""Number of bytes to read at once."""


def overview(
    stream: BinaryIO, most: int, block_bytes: int = BLOCK_BYTES
) -> tuple[list[bytes], bytes]:
    """Return about `most` lines of frequent kinds and all other lines of a journal, in order.

    The first and the last line are always included, and so are all lines of a journal with at most
    `most` lines. The second value is the incomplete line at the end. block_bytes: bytes to read at
    once.
    """
    size = os.fstat(stream.fileno()).st_size
    lines: list[bytes] = []
    half = b""
    while block := stream.read(block_bytes):
        complete, _, half = (b"\n" + half + block).rpartition(b"\n")
        is_short = size * complete.count(b"\n") <= most * len(complete)
        lines += complete.split(b"\n")[1:] if is_short else _sample(complete, 2 * size // most)
    return lines, half


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
