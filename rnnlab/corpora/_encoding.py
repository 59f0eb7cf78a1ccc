"""In which encoding a text file is, told from its bytes.

A byte order mark decides; then zeros at every second byte (UTF-16); then whether it reads as UTF-8;
then what charset-normalizer makes of the place where it does not.
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

from rnnlab.base.errors import BadInputError

Progress = Callable[[int, int], None]
"""Called now and then with what is done and what there is to do, in bytes."""


def silent(_done: int, _total: int) -> None:
    """Tell nobody how far something is."""


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
"""What is taken into account beside UTF: single-byte sets that differ in a letter or two cannot be
told apart, so one stands for its like."""
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\x0b\x1b")
_MOST_CONTROLS = 0.01
"""Share of control bytes above which a file is no text."""


class Encoding(NamedTuple):
    """An encoding as Python and as people call it."""

    codec: str
    name: str


LATIN_1 = Encoding("latin-1", "Latin-1")


def named_encoding(name: str) -> Encoding:
    """Return the encoding of a name; raises BadInputError where there is none of it."""
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        raise BadInputError(
            f"unknown encoding {name!r}", "write utf-8, utf-16, latin-1, cp1252 ..."
        ) from None
    if not codec._is_text_encoding:
        raise BadInputError(f"{name!r} is no encoding of texts", "write utf-8, latin-1 ...")
    return Encoding("utf-8-sig" if codec.name == "utf-8" else codec.name, codec.name)


def detect_encoding(file: Path) -> Encoding:
    """Return the encoding of a text file, which is read to its end where that is needed.

    Raises BadInputError for a file that is empty, binary, broken UTF-8, or in no encoding known.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    last, num_lines, is_ascii = b"", 0, True
    with open_bytes(file) as stream:
        while block := stream.read(_BLOCK):
            if not last:
                found = _by_mark(block)
                if found is not None:
                    return found
                _check_text(block, file)
            last = last[-_SAMPLE // 2 :] + block
            try:
                is_ascii = decoder.decode(block).isascii() and is_ascii
            except UnicodeDecodeError as error:
                good = error.object[: error.start].decode("utf-8")
                place = max(0, len(last) - len(error.object) + error.start - _SAMPLE // 2)
                if is_ascii and good.isascii():
                    return _guess(last[place:], file)
                raise _broken(file, num_lines + good.count("\n") + 1) from None
            num_lines += block.count(b"\n")
    if not last:
        raise BadInputError(f"{file} is empty", "give a text file with some text in it")
    if decoder.getstate()[0]:
        if is_ascii:
            return _guess(last[-_SAMPLE:], file)
        raise _broken(file, num_lines + 1)
    return Encoding("utf-8-sig", "UTF-8")


def _broken(file: Path, line: int) -> BadInputError:
    return BadInputError(
        f"{file} is UTF-8 up to line {line:,} and broken there",
        "get it again, or say its encoding: --encoding NAME",
    )


@contextmanager
def open_bytes(file: Path, progress: Progress | None = None) -> Iterator[IO[bytes]]:
    """Open a file, unpacked where it is gzipped; raises BadInputError when it cannot be read.

    progress: told how much of the file, packed as it is, has been read.
    """
    try:
        size = file.stat().st_size
        with file.open("rb") as raw:
            source = cast(IO[bytes], _Told(raw, size, progress) if progress else raw)
            if is_gzipped(file):
                with gzip.GzipFile(fileobj=source) as unpacked:
                    yield cast(IO[bytes], unpacked)
            else:
                yield source
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise BadInputError(f"{file} is no whole gzip file", "get it again") from None
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror}") from None


def is_gzipped(file: Path) -> bool:
    """Tell whether a file is gzipped, by its name."""
    return file.name.lower().endswith(".gz")


class _Told:
    """A file that tells how far it has been read."""

    def __init__(self, raw: IO[bytes], size: int, progress: Progress) -> None:
        self._raw, self._size, self._progress = raw, size, progress
        self.readable, self.seekable, self.writable = raw.readable, raw.seekable, raw.writable
        self.seek, self.tell, self.close, self.flush = raw.seek, raw.tell, raw.close, raw.flush
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """Read, and tell."""
        block = self._raw.read(size)
        self._progress(self._raw.tell(), self._size)
        return block

    read1 = read


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
    """Return the encoding that a piece of a file, not UTF-8, is most likely in."""
    import charset_normalizer  # a third of a second, and few files need it

    sample = sample[:_SAMPLE]
    found = charset_normalizer.from_bytes(sample, cp_isolation=list(_GUESSES)).best()
    if found is None:
        raise BadInputError(
            f"{file} is not UTF-8, and in no other encoding known", "say it: --encoding NAME"
        )
    if found.encoding == "cp1252":
        has_windows_letters = any(0x80 <= byte < 0xA0 for byte in sample)
        return Encoding("cp1252", "Windows-1252") if has_windows_letters else LATIN_1
    return Encoding(found.encoding, found.encoding.replace("_", "-"))
