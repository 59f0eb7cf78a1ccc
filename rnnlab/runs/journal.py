"""The journal `metrics.jsonl`: the worker appends whole lines, any number of readers follow it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple, Self

from rnnlab.base.files import replacing
from rnnlab.base.regular_files import open_binary, open_regular
from rnnlab.runs._overview import BLOCK_BYTES, WholeLines, overview
from rnnlab.runs.records import Record, decode_lines, encode

NEWS_BYTES = 1 << 24
"""Number of new bytes beyond which a reader takes an overview of the whole journal."""
_COPIED_BYTES = 1 << 22
"""Number of bytes to copy at once."""
Fate = Literal["", "restored", "replaced", "lost"]
"""What has happened to a journal that is open: nothing; it was removed and is written again with
all its records; another file has its name; it was removed and its records are lost."""
MOST_UNWRITTEN_BYTES = 64 << 20
"""Maximum size of the records that wait for space on the disk."""


class Journal:
    """Appends records to a journal as whole lines; each `append` is a single write.

    Records that cannot be written, because the disk is full, are kept in memory: they come first
    when a later `append` or `flush` succeeds.
    """

    def __init__(self, file: Path) -> None:
        self._unwritten = b""
        self.file = file
        self._folder = _identity(file.parent)
        self._open()
        self.was_empty = os.fstat(self._descriptor).st_size == 0
        """Whether the file was missing or empty when it was opened."""

    def _open(self, *, has_own_end: bool = False) -> None:
        """Open the file; half a line at its end is ended by the next write.

        has_own_end: whether the end of the file is the beginning of the records that wait. If not,
        a crash has left the half line.
        """
        self._descriptor = open_regular(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        status = os.fstat(self._descriptor)
        self._inode = status.st_dev, status.st_ino
        is_half = status.st_size and os.pread(self._descriptor, 1, status.st_size - 1) != b"\n"
        if is_half and not has_own_end:
            self._unwritten = b"\n" + self._unwritten

    def renew(self) -> Fate:
        """Return what has happened to the file since it was opened; go on in the file of its name.

        Records never go to a file without a name. A removed file is written again, because this
        process can still read it. If the whole folder was moved or replaced, its journal stays
        open. Raises OSError if no file can be opened.
        """
        if _identity(self.file) == self._inode or _identity(self.file.parent) != self._folder:
            return ""
        is_replaced = self.file.is_file() and not self.file.is_symlink()
        fate: Fate = "replaced" if is_replaced else "restored"
        if fate == "restored":
            try:
                self._write_again()
            except OSError:  # no space for a second copy
                fate = "lost"
        old = self._descriptor
        self._open(has_own_end=fate == "restored" and bool(self._unwritten))
        os.close(old)
        return fate

    def _write_again(self) -> None:
        with replacing(self.file) as temporary, temporary.open("wb") as stream:
            place = 0
            while block := os.pread(self._descriptor, _COPIED_BYTES, place):
                stream.write(block)
                place += len(block)

    @property
    def num_unwritten(self) -> int:
        """Number of bytes that wait for space on the disk."""
        return len(self._unwritten)

    def append(self, *records: Record) -> None:
        """Append records, one per line. Raises OSError if they are not written yet."""
        self.write("".join(encode(record) for record in records))

    def write(self, lines: str) -> None:
        """Append whole lines, which end with a newline; as `append` if the disk is full."""
        self._unwritten += lines.encode()
        self._write()

    def flush(self) -> None:
        """Flush to the disk, so that the records survive a power failure; raises OSError."""
        self._write()
        os.fsync(self._descriptor)

    def _write(self) -> None:
        # After an error, the rest begins within a line, if the disk had space for a part of it.
        while self._unwritten:
            self._unwritten = self._unwritten[os.write(self._descriptor, self._unwritten) :]

    def close(self) -> None:
        """Close the file; later appends fail, and records without space on the disk are lost."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class JournalChunk(NamedTuple):
    """The records read by one call."""

    records: list[Record]
    is_restart: bool
    """Whether the journal was replaced or truncated, which invalidates all earlier records."""


class JournalTail:
    """Follows a journal: each call returns the records appended since the previous call.

    A missing file counts as empty, an incomplete line is held until it is complete, and invalid
    lines are ignored.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._inode = 0
        self._offset = 0
        self._lines = WholeLines()
        self._has_begun = False

    def read(self, max_bytes: int | None = None) -> JournalChunk:
        """Return the new records, reading at most `max_bytes`; None for no limit."""
        try:
            with open_binary(self._file) as stream:
                stat = os.fstat(stream.fileno())
                is_restart = self._offset > 0 and (
                    stat.st_ino != self._inode or stat.st_size < self._offset
                )
                if is_restart:
                    self._offset, self._lines = 0, WholeLines()
                self._inode = stat.st_ino
                stream.seek(self._offset)
                data = stream.read(-1 if max_bytes is None else max_bytes)
        except OSError:
            return JournalChunk([], is_restart=False)
        self._offset += len(data)
        return JournalChunk(decode_lines(self._lines.split(data)), is_restart)

    def chunks(self, block_bytes: int = BLOCK_BYTES) -> Iterator[JournalChunk]:
        """Yield the new records up to the present end, in chunks that need little memory."""
        before = -1
        while self._offset != before:
            before = self._offset
            chunk = self.read(block_bytes)
            if chunk.records or chunk.is_restart:
                yield chunk

    def news(
        self, most: int, block_bytes: int = BLOCK_BYTES, most_bytes: int = NEWS_BYTES
    ) -> Iterator[JournalChunk]:
        """Yield the new records in chunks; an overview of the whole journal if they are many.

        They are many if the journal was not read before, was replaced, or has grown by more than
        `most_bytes`. most, block_bytes: as for `overview`. The first chunk of an overview
        invalidates all earlier records; a missing journal is an empty one.
        """
        is_first, self._has_begun = not self._has_begun, True
        try:
            with open_binary(self._file) as stream:
                stat = os.fstat(stream.fileno())
                is_known = self._offset <= stat.st_size and stat.st_ino == self._inode
                if is_known and stat.st_size - self._offset <= most_bytes:
                    yield from self.chunks(block_bytes)
                    return
                self._inode, self._offset, self._lines = stat.st_ino, 0, WholeLines()
                yield JournalChunk([], is_restart=True)
                for lines, rest in overview(stream, most, block_bytes):
                    self._offset, self._lines = stream.tell(), rest
                    yield JournalChunk(decode_lines(lines), is_restart=False)
        except OSError:
            if is_first:
                yield JournalChunk([], is_restart=True)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a file or folder; None if it cannot be found."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
