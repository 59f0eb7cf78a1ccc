"""The journal `metrics.jsonl`: the worker appends whole lines, any number of readers follow it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple, Self

from rnnlab.base.files import replacing
from rnnlab.base.regular_files import open_binary, open_regular
from rnnlab.runs._overview import overview
from rnnlab.runs.records import Record, decode_lines, encode

_COPIED_BYTES = 1 << 22
"""Number of bytes to copy at once."""
Fate = Literal["", "restored", "replaced", "lost"]
"""What has happened to a journal that is open: nothing; it was removed and is written again with
all its records; another file has its name; it was removed and its records are lost."""


class Journal:
    """Appends records to a journal as whole lines; each `append` is a single write."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._folder = _identity(file.parent)
        self._open()
        self.was_empty = os.fstat(self._descriptor).st_size == 0
        """Whether the file was missing or empty when it was opened."""

    def _open(self) -> None:
        self._descriptor = open_regular(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        status = os.fstat(self._descriptor)
        self._inode = status.st_dev, status.st_ino
        if status.st_size and os.pread(self._descriptor, 1, status.st_size - 1) != b"\n":
            os.write(self._descriptor, b"\n")  # a crash has left half a line

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
        self._open()
        os.close(old)
        return fate

    def _write_again(self) -> None:
        with replacing(self.file) as temporary, temporary.open("wb") as stream:
            place = 0
            while block := os.pread(self._descriptor, _COPIED_BYTES, place):
                stream.write(block)
                place += len(block)

    def append(self, *records: Record) -> None:
        """Append records, one per line."""
        data = "".join(encode(record) for record in records).encode()
        while data:
            data = data[os.write(self._descriptor, data) :]

    def flush(self) -> None:
        """Flush to the disk, so that the records survive a power failure."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file; later appends fail."""
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
        self._half = b""

    def read(self, max_bytes: int | None = None) -> JournalChunk:
        """Return the new records, reading at most `max_bytes`; None for no limit."""
        try:
            with open_binary(self._file) as stream:
                stat = os.fstat(stream.fileno())
                is_restart = self._offset > 0 and (
                    stat.st_ino != self._inode or stat.st_size < self._offset
                )
                if is_restart:
                    self._offset, self._half = 0, b""
                self._inode = stat.st_ino
                stream.seek(self._offset)
                data = stream.read(-1 if max_bytes is None else max_bytes)
        except OSError:
            return JournalChunk([], is_restart=False)
        self._offset += len(data)
        *lines, self._half = (self._half + data).split(b"\n")
        return JournalChunk(decode_lines(lines), is_restart)

    def read_overview(self, most: int) -> JournalChunk:
        """Return the whole journal, but only about `most` evenly spaced lines of frequent kinds.

        Validations, events and all rare kinds are complete. Because decoding is slow, this takes a
        tenth of the time that `read` takes for a journal of 50,000 records.
        """
        try:
            with open_binary(self._file) as stream:
                self._inode = os.fstat(stream.fileno()).st_ino
                lines, self._half = overview(stream, most)
                self._offset = stream.tell()
        except OSError:
            return JournalChunk([], is_restart=True)
        return JournalChunk(decode_lines(lines), is_restart=True)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a file or folder; None if it cannot be found."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
