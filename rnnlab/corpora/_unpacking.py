"""Decompress files with a limit: a file of a megabyte can decompress to a gigabyte."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple, Protocol, cast

from rnnlab.base.errors import BadInputError

_BLOCK = 1 << 18


class UnpackLimit(NamedTuple):
    """A file is refused if it decompresses to more than both limits; texts stay far below them."""

    num_bytes: int = 1 << 28
    ratio: int = 100
    """Ratio of the decompressed size to the compressed one. Texts reach 3 to 20."""


ADVICE = "decompress it first if you trust it, or use `rnnlab corpora add NAME FILE --yes`"
"""What to do about a file of the user's that decompresses to very much."""
UNPACK_LIMIT = UnpackLimit()
UNLIMITED = UnpackLimit(1 << 62)


class UnpackedSizeError(BadInputError):
    """The error for a file that decompresses to suspiciously much."""


class _Packed(Protocol):
    """A decompressing stream."""

    def read1(self, size: int, /) -> bytes: ...


@contextmanager
def unpacked(
    stream: _Packed, packed_bytes: int, name: str, limit: UnpackLimit, advice: str = ADVICE
) -> Iterator[IO[bytes]]:
    """Yield the decompressed content of a stream.

    packed_bytes: its compressed size. name: name of the file. Reading raises UnpackedSizeError,
    with this advice, beyond the limit.
    """
    most = max(limit.num_bytes, limit.ratio * packed_bytes)
    raw = _Limited(stream, most, packed_bytes, name, advice)
    with io.BufferedReader(raw, _BLOCK) as buffered:
        yield cast(IO[bytes], buffered)


class _Limited(io.RawIOBase):
    def __init__(
        self, stream: _Packed, most: int, packed_bytes: int, name: str, advice: str
    ) -> None:
        super().__init__()
        self._stream, self._most = stream, most
        self._packed_bytes, self._name, self._advice = packed_bytes, name, advice
        self._num = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        block = self._stream.read1(len(buffer))
        self._num += len(block)
        if self._num > self._most:
            raise UnpackedSizeError(
                f"{self._name} decompresses to more than {self._most:,} bytes, from "
                f"{self._packed_bytes:,}",
                self._advice,
            )
        buffer[: len(block)] = block
        return len(block)
