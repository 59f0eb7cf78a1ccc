"""The journal `metrics.jsonl`: the worker appends whole lines, any number of readers follow it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple, Self

from rnnlab.runs._overview import overview
from rnnlab.runs.records import Record, decode_lines, encode


class Journal:
    """Appends records to a journal as whole lines; each `append` is a single write."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(
            file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644
        )
        self._is_torn = _ends_in_half_a_line(file)
        if self._is_torn:
            self.write("")

    def append(self, *records: Record) -> None:
        """Append records, one per line."""
        self.write("".join(encode(record) for record in records))

    def write(self, lines: str) -> None:
        """Append whole lines, which end with a newline.

        If the disk is full, half a line may remain: the next write ends it, so that it spoils no
        other one. Raises OSError.
        """
        data = (b"\n" if self._is_torn else b"") + lines.encode()
        self._is_torn = True
        while data:
            data = data[os.write(self._descriptor, data) :]
        self._is_torn = False

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
            with self._file.open("rb") as stream:
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
            with self._file.open("rb") as stream:
                self._inode = os.fstat(stream.fileno()).st_ino
                lines, self._half = overview(stream, most)
                self._offset = stream.tell()
        except OSError:
            return JournalChunk([], is_restart=True)
        return JournalChunk(decode_lines(lines), is_restart=True)


def _ends_in_half_a_line(file: Path) -> bool:
    with file.open("rb") as stream:
        if stream.seek(0, os.SEEK_END) == 0:
            return False
        stream.seek(-1, os.SEEK_END)
        return stream.read() != b"\n"
