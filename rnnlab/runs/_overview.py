"""A long journal in a few lines: of what is frequent a sample at equal distances, all the rest.

Decoding is what costs, and next to it to look at every line: those left out are passed over unseen.
"""

from __future__ import annotations

import os
import re
from typing import BinaryIO

_FREQUENT = (b'\n{"kind": "train"', b'\n{"kind": "layers"')
"""How lines begin of which there are many."""
_RARE = re.compile(b"\n(?!(?:" + b"|".join(start[1:] for start in _FREQUENT) + b"))")
"""What stands before any other line."""
BLOCK_BYTES = 1 << 22


def overview(
    stream: BinaryIO, most: int, block_bytes: int = BLOCK_BYTES
) -> tuple[list[bytes], bytes]:
    """Read a journal from its start; return about `most` frequent lines and all others, in order.

    The first and the last lines are among them, and all of a journal that has no more than `most`.
    What follows the last line's end is returned beside them. block_bytes: bytes that are looked
    through at once.
    """
    size = os.fstat(stream.fileno()).st_size
    lines: list[bytes] = []
    half = b""
    while block := stream.read(block_bytes):
        whole, _, half = (b"\n" + half + block).rpartition(b"\n")
        is_short = size * whole.count(b"\n") <= most * len(whole)
        lines += whole.split(b"\n")[1:] if is_short else _sample(whole, 2 * size // most)
    return lines, half


def _sample(block: bytes, apart: int) -> list[bytes]:
    """Return the lines of a block that begins with a line's end: the rare, and few of the others.

    Of the frequent ones a pair of neighbours every `apart` bytes, since records of two kinds may
    alternate, and the last of each kind.
    """
    starts = {found.end() for found in _RARE.finditer(block)}
    for place in range(0, len(block), apart):
        first = block.find(b"\n", place) + 1
        second = block.find(b"\n", first) + 1
        starts |= {first, second}
    starts |= {block.rfind(start) + 1 for start in _FREQUENT}
    starts.discard(0)  # nothing was found
    ends = (block.find(b"\n", start) for start in sorted(starts))
    return [
        block[start : None if end < 0 else end]
        for start, end in zip(sorted(starts), ends, strict=True)
    ]
