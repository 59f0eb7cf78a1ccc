"""The end of a worker's log, which may grow without limit; it is read again if it has changed."""

from __future__ import annotations

import os
from pathlib import Path

from rnnlab.base.regular_files import open_binary

MOST_BYTES = 1 << 16
"""Maximum number of bytes to read."""


class LogTail:
    """Reads the last lines of a growing file."""

    def __init__(self, file: Path, most_bytes: int = MOST_BYTES) -> None:
        self._file = file
        self._most_bytes = most_bytes
        self._version: tuple[int, int, int] | None = None
        self._text = ""

    def read(self) -> str:
        """Return the last lines as text; "" for a missing file.

        A text longer than the maximum begins at a line.
        """
        try:
            with open_binary(self._file) as stream:
                stat = os.fstat(stream.fileno())
                version = stat.st_ino, stat.st_size, stat.st_mtime_ns
                if version != self._version:
                    self._version = version
                    start = max(0, stat.st_size - self._most_bytes)
                    stream.seek(start)
                    text = stream.read(self._most_bytes).decode("utf-8", "replace")
                    self._text = text.partition("\n")[2] if start else text
        except OSError:
            self._version, self._text = None, ""
        return self._text
