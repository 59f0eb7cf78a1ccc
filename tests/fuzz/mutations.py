"""Random changes of inputs, the same ones in every process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

_PIECES = (
    b"", b"\0", b"\n", b"\r\n", b'"', b"'", b"\\", b",", b"|", b"=", b":", b"{", b"}", b"[", b"]",
    b"null", b"true", b"NaN", b"Infinity", b"-1", b"1e999", b"9" * 30, b"0.5", b"[" * 2000,
    b'{"a":' * 2000, b"\xff", b"\xed\xb2\x80", b"\\ud800", "\u2028é日".encode(), b"\x1b[31m",
    b"../", b"<unk>", b" ", b"\t", b";",
)  # fmt: skip
"""Bytes that parsers treat in a special way, deep nesting among them."""


def mutants(seeds: Sequence[bytes], num: int) -> Iterator[bytes]:
    """Yield `num` random changes of the seeds."""
    random = Random(1)
    for _ in range(num):
        data = bytearray(random.choice(seeds))
        for _ in range(random.randint(1, 4)):
            _change(data, seeds, random)
        yield bytes(data)


def _change(data: bytearray, seeds: Sequence[bytes], random: Random) -> None:
    """Change one place of the data: a piece, another byte, a gap, an end, or a part of a seed."""
    place = random.randint(0, len(data))
    match random.randrange(6):
        case 0:
            data[place:place] = random.choice(_PIECES)
        case 1:
            data[place : place + random.randint(1, 12)] = random.choice(_PIECES)
        case 2 if place < len(data):
            data[place] ^= 1 << random.randrange(8)
        case 3:
            del data[place : place + random.randint(1, 8)]
        case 4:
            del data[place:]
        case _:
            other = random.choice(seeds)
            data[place:place] = other[random.randint(0, len(other)) :][:40]
