"""Bytes that are not valid in the encoding of a text: an error, replaced or left out.

A stream of text decodes each of them to an unpaired surrogate, which no valid text contains; a
`Repairs` replaces or drops these characters and counts them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TextIO, cast

Errors = Literal["strict", "replace", "skip"]
"""Treatment of invalid bytes: refuse the text, read each of them as U+FFFD, or leave it out."""

HANDLER = "rnnlab.invalid-bytes"
"""Name of the error handler for `open` and `codecs`."""
_FIRST = 0xDC00
"""The byte N is decoded to the character _FIRST + N."""
_INVALID = re.compile("[\udc00-\udcff]")
_REPLACEMENT = "\ufffd"


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    invalid = error.object[error.start : error.end]
    return "".join(chr(_FIRST + byte) for byte in invalid), error.end


codecs.register_error(HANDLER, _keep_bytes)


def num_invalid_bytes(text: str) -> int:
    """Return the number of invalid bytes in a text that was decoded with `HANDLER`."""
    return len(_INVALID.findall(text))


@dataclass
class Repairs:
    """The treatment of invalid bytes, and the number of bytes (or lines) that it concerned."""

    errors: Errors = "strict"
    are_lines: bool = False
    """Whether `skip` leaves out whole lines: a word without some of its bytes is another word."""
    num: int = 0
    """Number of bytes replaced, or of bytes or lines left out."""
    first_line: int = 0
    """Number of the first line concerned, from 1; 0 if there is none."""
    _num_lines: int = 0
    """Number of line ends so far."""

    @property
    def handler(self) -> str:
        """Name of the error handler with which the text is decoded."""
        return "strict" if self.errors == "strict" else HANDLER

    def reading(self, stream: TextIO) -> TextIO:
        """Return a stream, decoded with `handler`, without invalid bytes."""
        return stream if self.errors == "strict" else cast(TextIO, _Repaired(stream, self))

    def begin_file(self) -> None:
        """Count lines from 1 again, for the next of several files."""
        self._num_lines = 0

    def repaired(self, text: str) -> str:
        """Return the next part of a text without invalid bytes, which are counted."""
        first = _INVALID.search(text) if not text.isascii() else None
        if first is not None:
            line = self._num_lines + text.count("\n", 0, first.start()) + 1
            self.first_line = self.first_line or line
        self._num_lines += text.count("\n")
        if first is None:
            return text
        if self.errors == "skip" and self.are_lines:
            self.num += 1
            return "\n"
        text, num = _INVALID.subn(_REPLACEMENT if self.errors == "replace" else "", text)
        self.num += num
        return text

    def add(self, num: int, first_line: int) -> None:
        """Add what an earlier reading of the text has counted."""
        self.num += num
        self.first_line = self.first_line or first_line

    def notes(self, what: str = "") -> tuple[str, ...]:
        """Return the note for the user: `3 bytes replaced, the first in line 12`; none without any.

        what: name of the text, if it is not obvious.
        """
        if not self.num:
            return ()
        unit = "line" if self.are_lines and self.errors == "skip" else "byte"
        done = "replaced by U+FFFD" if self.errors == "replace" else "left out"
        place = f" of {what}" if what else ""
        plural = "s" * (self.num != 1)
        return (
            f"{self.num:,} invalid {unit}{plural}{place} {done}, the first in line "
            f"{self.first_line:,}",
        )


class _Repaired:
    """A stream of text without invalid bytes; it has the methods that readers of corpora use."""

    def __init__(self, stream: TextIO, repairs: Repairs) -> None:
        self._stream, self._repairs = stream, repairs

    def read(self, size: int = -1) -> str:
        """Return at most `size` characters; an empty text only at the end."""
        while block := self._stream.read(size):
            if text := self._repairs.repaired(block):
                return text
        return ""

    def readline(self) -> str:
        """Return the next line; an empty text only at the end."""
        while line := self._stream.readline():
            if text := self._repairs.repaired(line):
                return text
        return ""

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            yield self._repairs.repaired(line)
