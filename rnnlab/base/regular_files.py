"""Open and read files that another user or process may have put there.

In a shared folder, anyone may replace a file by a pipe, a device or a file of any size. These
functions never wait for a pipe's other end, accept regular files only and read a limited number of
bytes. What is wrong with a file is an OSError whose `strerror` says it, so that the messages of all
callers say it, too.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import BinaryIO

SMALL_BYTES = 1 << 20
"""Maximum size of a status, settings, notes, a command, a queue entry or a pointer: 1 MB."""
VIEW_BYTES = 1 << 24
"""Maximum size of a file of the lab's state, such as the saved view: 16 MB."""
LIST_BYTES = 1 << 30
"""Maximum size of a list of tokens: 1 GB."""

_SAFELY = os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_WRITING = os.O_WRONLY | os.O_RDWR
_NOT_REGULAR = "not a regular file"
_FOLDER = "a folder, not a file"
_DESCRIPTORS = Path("/proc/self/fd")
"""Folder in which Linux shows the open files of the process."""


class UnfitFileError(OSError):
    """A file that must not be read or written: no regular file, a link, or too large."""

    def __init__(self, number: int, problem: str, file: Path) -> None:
        super().__init__(number, problem, str(file))


def open_regular(file: Path, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
    """Open a regular file and return its descriptor, which child processes do not inherit.

    flags: of `os.open`. A file to be written must not be a symbolic link, which could lead to any
    other file of the user. mode: permissions of a new file, restricted by the umask. Raises
    UnfitFileError for a folder, pipe, socket or device, otherwise OSError as `os.open` does.
    """
    return _open(file, flags, mode)[0]


def open_binary(file: Path) -> BinaryIO:
    """Open a regular file for reading; the caller closes it. Raises OSError."""
    return os.fdopen(open_regular(file), "rb")


def open_to_append(file: Path) -> FileIO:
    """Open a regular file for appending, unbuffered, and create it if it is missing.

    The caller closes it. Raises UnfitFileError, also for a symbolic link, or OSError.
    """
    descriptor = open_regular(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    return os.fdopen(descriptor, "ab", buffering=0)


def read_bytes(file: Path, most_bytes: int = SMALL_BYTES) -> bytes:
    """Return the content of a regular file; raises UnfitFileError if it is larger, OSError."""
    descriptor, status = _open(file, os.O_RDONLY, 0)
    try:
        blocks = []
        left = most_bytes + 1 if status.st_size <= most_bytes else 0
        # The size may be wrong, because the file may be growing: read to the end.
        while left > 0 and (block := os.read(descriptor, min(left, max(status.st_size, 1) + 1))):
            blocks.append(block)
            left -= len(block)
    finally:
        os.close(descriptor)
    if left <= 0:
        raise UnfitFileError(errno.EFBIG, f"larger than {_size(most_bytes)}", file)
    return b"".join(blocks)


def read_text(
    file: Path, most_bytes: int = SMALL_BYTES, *, encoding: str = "utf-8", errors: str = "strict"
) -> str:
    """Return the text of a regular file, with LF line ends.

    most_bytes: maximum size of the file. errors: as for `bytes.decode`. Raises UnfitFileError for a
    larger file, OSError, and UnicodeDecodeError (a ValueError).
    """
    text = read_bytes(file, most_bytes).decode(encoding, errors)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_named(file: Path, most_bytes: int, *, encoding: str = "utf-8") -> str:
    """Return the text of a file that the user has named, which may be a pipe: waits for its end.

    Line ends become LF. Raises UnfitFileError for more than `most_bytes`, OSError, and
    UnicodeDecodeError (a ValueError).
    """
    with file.open("rb") as stream:
        data = stream.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise UnfitFileError(errno.EFBIG, f"larger than {_size(most_bytes)}", file)
    return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def write_bytes(file: Path, data: bytes) -> None:
    """Overwrite a regular file in place, or create it; raises UnfitFileError or OSError."""
    descriptor = open_regular(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)


def why_unfit(file: Path) -> str:
    """Return why a file cannot be opened as a regular file, judged by its kind; "" if it can.

    Does not open the file. Raises OSError if its folder cannot be read.
    """
    try:
        mode = os.stat(file).st_mode
    except FileNotFoundError:
        return "a link to a missing file" if file.is_symlink() else "missing"
    if stat.S_ISDIR(mode):
        return _FOLDER
    return "" if stat.S_ISREG(mode) else _NOT_REGULAR


@contextmanager
def path_of_open(file: Path) -> Iterator[Path]:
    """Yield a path for a library that opens a file by its name; the file is checked and open.

    On Linux, the path is that of the descriptor: it names the checked file even if another one
    takes its name meanwhile. Raises UnfitFileError or OSError.
    """
    descriptor = open_regular(file)
    try:
        path = _DESCRIPTORS / str(descriptor)
        yield path if path.exists() else file
    finally:
        os.close(descriptor)


def _open(file: Path, flags: int, mode: int) -> tuple[int, os.stat_result]:
    links = os.O_NOFOLLOW if flags & _WRITING else 0
    try:
        descriptor = os.open(file, flags | links | _SAFELY, mode)
    except OSError as error:
        problem = _problem(error, is_link=bool(links) and error.errno == errno.ELOOP)
        if not problem:
            raise
        raise UnfitFileError(error.errno or errno.EINVAL, problem, file) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            is_folder = stat.S_ISDIR(status.st_mode)
            problem = _FOLDER if is_folder else _NOT_REGULAR
            raise UnfitFileError(errno.EISDIR if is_folder else errno.EINVAL, problem, file)
        os.set_blocking(descriptor, True)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, status


def _problem(error: OSError, *, is_link: bool) -> str:
    """Return what is wrong with a file that cannot be opened because of its kind, else ""."""
    if error.errno == errno.EISDIR:
        return _FOLDER
    if error.errno in (errno.ENXIO, errno.ENODEV):  # a socket, a pipe without a reader
        return _NOT_REGULAR
    return "a symbolic link" if is_link else ""


def _size(num_bytes: int) -> str:
    return f"{num_bytes >> 20} MB" if num_bytes >> 20 else f"{num_bytes:,} bytes"
