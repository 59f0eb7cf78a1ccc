"""The checksum of a file of tensors, which the file itself contains.

The header of a safetensors file has metadata; `checksum` there is the SHA-256 of the whole file,
with 64 zeros in place of the digest. So the checksum and the tensors are replaced by one rename: no
kill and no power cut can separate them. Needs the standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import IO, Any

from rnnlab.base.errors import RnnlabError
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import open_binary

METADATA = "__metadata__"
"""Key of the metadata in the header of a file of tensors."""
KEY = "checksum"
"""Key of the checksum in the metadata."""
_ZEROS = "0" * 64
NO_CHECKSUM = f"sha256:{_ZEROS}"
"""The value of the checksum before `seal`."""
LENGTH_BYTES = 8
"""Size of the length of the header, at the beginning of a file of tensors."""
MOST_HEADER_BYTES = 100_000_000
"""The limit of the format."""
_START = f'"{KEY}":"sha256:'.encode()
"""The bytes before the digest. A text in the header cannot contain them: its quotes are escaped."""
_PARTS = (b'"checksum"', b'"sha256:')
_AT_ONCE = 1 << 20


def seal(file: Path) -> None:
    """Write the checksum into a file of tensors whose metadata has the checksum NO_CHECKSUM.

    Also sorts the metadata, which the library writes in a random order: equal tensors and metadata
    give equal files. Raises OSError, and RnnlabError if the file has no place for a checksum.
    """
    with file.open("r+b", buffering=0) as stream:
        head = _sorted(_read_head(stream))
        place = head.find(_START)
        if place < 0:
            raise RnnlabError(f"{file} has no place for a checksum")
        first = place + len(_START)
        digest = _digest(head, stream).encode()
        stream.seek(0)
        stream.write(head[:first] + digest + head[first + len(digest) :])


def has_right_checksum(file: Path, *, from_disk: bool = False) -> bool | None:
    """Return whether the checksum of a file of tensors is right; None if the file has no checksum.

    from_disk: drop the pages of the file from the memory first, so that the disk is read. Raises
    UnfitFileError if it is not a regular file, or OSError.
    """
    with open_binary(file) as stream:
        if from_disk and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        head = _read_head(stream)
        place = head.find(_START)
        if place < 0:  # with one part of it, the other part has changed
            return False if any(part in head for part in _PARTS) else None
        first = place + len(_START)
        last = first + len(_ZEROS)
        return head[first:last] == _digest(_zeroed(head, first, last), stream).encode()


def _zeroed(head: bytes, first: int, last: int) -> bytes:
    return head[:first] + _ZEROS.encode() + head[last:]


def _read_head(stream: IO[bytes]) -> bytes:
    """Return the length of the header and the header itself; empty if the length is impossible."""
    start = stream.read(LENGTH_BYTES)
    length = int.from_bytes(start, "little")
    return start + stream.read(length) if 0 < length <= MOST_HEADER_BYTES else b""


def _sorted(head: bytes) -> bytes:
    """Return a header with sorted metadata, of the same length."""
    header: dict[str, Any] = parse_json(head[LENGTH_BYTES:])
    if METADATA in header:
        header[METADATA] = dict(sorted(header[METADATA].items()))
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    size = len(head) - LENGTH_BYTES
    return head[:LENGTH_BYTES] + text.ljust(size) if len(text) <= size else head


def _digest(head: bytes, stream: IO[bytes]) -> str:
    """Return the SHA-256 of a header and the rest of a stream."""
    result = hashlib.sha256(head)
    buffer = memoryview(bytearray(_AT_ONCE))
    while num_read := stream.readinto(buffer):  # type: ignore[attr-defined]
        result.update(buffer[:num_read])
    return result.hexdigest()
