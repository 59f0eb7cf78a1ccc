"""Detect the encoding of a text file.

The first of these that applies decides: a byte order mark; zeros at every second byte (UTF-16);
valid UTF-8; the guess of charset-normalizer for the bytes around the first invalid byte.
"""

from __future__ import annotations

import codecs
import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

from rnnlab.base.errors import BadInputError
from rnnlab.base.regular_files import open_binary
from rnnlab.corpora._repair import HANDLER, Errors, num_invalid_bytes
from rnnlab.corpora._unpacking import UNPACK_LIMIT, UnpackLimit, unpacked

Progress = Callable[[int, int], None]
"""Callback, called at intervals with the amount done and the total, in bytes or files."""


def silent(_done: int, _total: int) -> None:
    """Ignore the progress: the default callback."""


_BLOCK = 1 << 20
_SAMPLE = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_GUESSES = (
    "cp1252", "mac_roman", "cp1251", "koi8_r", "cp1253", "gb18030", "big5", "shift_jis", "euc_jp",
    "euc_kr",
)  # fmt: skip
"""Candidates besides UTF. Single-byte encodings that differ in only one or two characters cannot be
distinguished, so one of them stands for all of them."""
_WINDOWS_PUNCTUATION = frozenset((0x85, *range(0x91, 0x98)))
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\x0b\x1b")
_MOST_CONTROLS = 0.01
"""A file with a larger fraction of control bytes is binary."""


class Encoding(NamedTuple):
    """An encoding: Python's name of the codec, and the name that users see."""

    codec: str
    name: str


LATIN_1 = Encoding("latin-1", "Latin-1")
_UTF_8 = Encoding("utf-8-sig", "UTF-8")


def named_encoding(name: str) -> Encoding:
    """Return the encoding with that name; raises BadInputError if Python does not know it."""
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        raise BadInputError(
            f"unknown encoding {name!r}", "use a name such as utf-8, utf-16, latin-1 or cp1252"
        ) from None
    if not codec._is_text_encoding:
        raise BadInputError(
            f"{name!r} is not a text encoding", "use a name such as utf-8 or latin-1"
        )
    return Encoding("utf-8-sig" if codec.name == "utf-8" else codec.name, codec.name)


def detect_encoding(
    file: Path, errors: Errors = "strict", limit: UnpackLimit = UNPACK_LIMIT
) -> Encoding:
    """Return the encoding of a text file; reads the whole file if necessary.

    errors: `replace` and `skip` accept UTF-8 with invalid bytes, if it has valid characters beyond
    ASCII, too. limit: of the decompressed size. Raises BadInputError if the file is empty, binary,
    broken UTF-8 or in an unknown encoding.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    last, num_lines, num_bytes, is_ascii = b"", 0, 0, True
    with open_bytes(file, limit=limit) as stream:
        while block := stream.read(_BLOCK):
            if not last:
                encoding = _by_mark(block)
                if encoding is not None:
                    return encoding
                _check_text(block, file)
            last = last[-_SAMPLE // 2 :] + block
            try:
                is_ascii = decoder.decode(block).isascii() and is_ascii
            except UnicodeDecodeError as error:
                good = error.object[: error.start].decode("utf-8")
                place = max(0, len(last) - len(error.object) + error.start - _SAMPLE // 2)
                if is_ascii and good.isascii() and not _is_mostly_utf_8(last[place:]):
                    return _guess(last[place:], file)
                if errors != "strict":
                    return _UTF_8
                offset = num_bytes + len(block) - len(error.object) + error.start
                raise _broken(file, num_lines + good.count("\n") + 1, offset) from None
            num_lines += block.count(b"\n")
            num_bytes += len(block)
    if not last:
        raise BadInputError(f"{file} is empty", "give a text file with some text in it")
    if decoder.getstate()[0]:
        if is_ascii:
            return _guess(last[-_SAMPLE:], file)
        if errors != "strict":
            return _UTF_8
        raise _broken(file, num_lines + 1, num_bytes - len(decoder.getstate()[0]))
    return _UTF_8


def _is_mostly_utf_8(sample: bytes) -> bool:
    """Return whether a sample has at least as many valid characters beyond ASCII as invalid bytes.

    In another encoding, characters that happen to be valid UTF-8 are rare.
    """
    text = codecs.getincrementaldecoder("utf-8")(HANDLER).decode(sample[:_SAMPLE])
    num_invalid = num_invalid_bytes(text)
    num_valid = sum(not char.isascii() for char in text) - num_invalid
    return num_valid >= num_invalid


def _broken(file: Path, line: int, offset: int) -> BadInputError:
    return BadInputError(
        f"{file} is not valid UTF-8 in line {line:,} (byte offset {offset:,})",
        "replace or leave out its invalid bytes with --errors replace|skip, or give its encoding "
        "with --encoding NAME",
    )


@contextmanager
def open_bytes(
    file: Path, progress: Progress | None = None, limit: UnpackLimit = UNPACK_LIMIT
) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressed if its name ends in .gz.

    progress: called with the number of bytes read so far, before decompression. limit: of the
    decompressed size. Raises BadInputError if the file cannot be read or is not a regular file,
    UnpackedSizeError beyond the limit.
    """
    try:
        with open_binary(file) as raw:
            size = os.fstat(raw.fileno()).st_size
            source = cast(IO[bytes], _ProgressReader(raw, size, progress) if progress else raw)
            if is_gzipped(file):
                with (
                    gzip.GzipFile(fileobj=source) as packed,
                    unpacked(packed, size, str(file), limit) as stream,
                ):
                    yield stream
            else:
                yield source
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise BadInputError(
            f"{file} is not a complete gzip file", "download or compress it again"
        ) from None
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror or error}") from None


def is_gzipped(file: Path) -> bool:
    """Return whether a file is gzipped, judged by its name."""
    return file.name.lower().endswith(".gz")


class _ProgressReader:
    """A file that reports how far it has been read."""

    def __init__(self, raw: IO[bytes], size: int, progress: Progress) -> None:
        self._raw, self._size, self._progress = raw, size, progress
        self.readable, self.seekable, self.writable = raw.readable, raw.seekable, raw.writable
        self.seek, self.tell, self.close, self.flush = raw.seek, raw.tell, raw.close, raw.flush
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, and report the position in the file."""
        block = self._raw.read(size)
        self._progress(self._raw.tell(), self._size)
        return block

    read1 = read


def _has_windows_punctuation(sample: bytes) -> bool:
    """Return whether nearly all bytes beyond ASCII are quotes, dashes and dots of Windows-1252.

    In Mac Roman they are letters, such as the i with an accent that would replace an apostrophe. A
    text in that encoding has other letters as well.
    """
    beyond = [byte for byte in sample if byte >= 0x80]
    num = sum(byte in _WINDOWS_PUNCTUATION for byte in beyond)
    return num > 0.9 * len(beyond)


def _by_mark(block: bytes) -> Encoding | None:
    for mark, codec, name in _MARKS:
        if block.startswith(mark):
            return Encoding(codec, name)
    head = block[:_SAMPLE]
    halves = head[0::2], head[1::2]
    zeros = [half.count(0) / max(1, len(half)) for half in halves]
    if len(head) >= 8 and min(zeros) < 0.02 and max(zeros) > 0.3:
        is_big = zeros[0] > zeros[1]
        return Encoding("utf-16-be" if is_big else "utf-16-le", "UTF-16 without a byte order mark")
    return None


def _check_text(block: bytes, file: Path) -> None:
    head = block[:_SAMPLE]
    num_controls = sum(head.count(control) for control in _CONTROLS)
    if 0 in head or num_controls > _MOST_CONTROLS * len(head):
        raise BadInputError(f"{file} is a binary file", "give a text file")


def _guess(sample: bytes, file: Path) -> Encoding:
    """Return the most likely encoding of a file that is not UTF-8, judged by a part of it."""
    import charset_normalizer  # few files need this import, which takes 0.3 s

    sample = sample[:_SAMPLE]
    guess = charset_normalizer.from_bytes(sample, cp_isolation=list(_GUESSES)).best()
    if guess is None:
        raise BadInputError(
            f"{file} is not UTF-8, and its encoding is unknown",
            "give its encoding with --encoding NAME",
        )
    if guess.encoding == "cp1252" or _has_windows_punctuation(sample):
        has_windows_chars = any(0x80 <= byte < 0xA0 for byte in sample)
        return Encoding("cp1252", "Windows-1252") if has_windows_chars else LATIN_1
    return Encoding(guess.encoding, guess.encoding.replace("_", "-"))
