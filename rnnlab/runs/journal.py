"""The journal `metrics.jsonl`: appended by whole lines, tailed by any number of readers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple, Self

from rnnlab.runs._overview import overview
from rnnlab.runs.records import Record, decode_lines, encode


class Journal:
    """The worker's end: appends whole lines, each with a single write."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(
            file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644
        )
        if _ends_in_half_a_line(file):
            os.write(self._descriptor, b"\n")

    def append(self, *records: Record) -> None:
        """Append records, one a line."""
        data = "".join(encode(record) for record in records).encode()
        while data:
            data = data[os.write(self._descriptor, data) :]

    def flush(self) -> None:
        """Flush to the disk, so that the records survive a power cut."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file; nothing can be appended afterwards."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class JournalChunk(NamedTuple):
    """What a tail has read since the last time."""

    records: list[Record]
    is_restart: bool
    """Whether the journal was replaced or cut: what was read before no longer holds."""


class JournalTail:
    """A reader's end: gives what has come since the last read.

    A missing file is an empty one; a half line is kept until its rest comes; a line that is no
    record is passed over.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._inode = 0
        self._offset = 0
        self._half = b""

    def read(self, max_bytes: int | None = None) -> JournalChunk:
        """Return the records that have come, from at most `max_bytes` more bytes."""
        try:
            with self._file.open("rb") as stream:
                found = os.fstat(stream.fileno())
                is_restart = self._offset > 0 and (
                    found.st_ino != self._inode or found.st_size < self._offset
                )
                if is_restart:
                    self._offset, self._half = 0, b""
                self._inode = found.st_ino
                stream.seek(self._offset)
                data = stream.read(-1 if max_bytes is None else max_bytes)
        except OSError:
            return JournalChunk([], is_restart=False)
        self._offset += len(data)
        *lines, self._half = (self._half + data).split(b"\n")
        return JournalChunk(decode_lines(lines), is_restart)

    def read_overview(self, most: int) -> JournalChunk:
        """Return what has come, of the frequent kinds about `most` lines at equal distances.

        Decoding is what costs: a journal of 50,000 records is then read in a tenth of the time.
        Validations, events and whatever is rare are all there.
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
