"""Replace a file atomically: a reader sees either the old or the new content, always complete."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".tmp"
"""Suffix of temporary files; their names begin with a dot and the name of the target."""
_NAME_LENGTH = 80
"""Maximum number of characters taken from the target's name; a file name has at most 255 bytes."""


@contextmanager
def replacing(
    file: Path, *, durable: bool = True, is_private: bool = False, suffix: str = SUFFIX
) -> Iterator[Path]:
    """Yield the path of an empty temporary file, which replaces `file` at the end of the block.

    durable: flush content and folder to the disk, so that the file survives a power failure.
    is_private: only the owner may read the file; else also those that the umask permits. If the
    block raises, `file` is unchanged and the temporary file is removed. Raises OSError.
    """
    temporary = _create(file, suffix, 0o600 if is_private else 0o644)
    try:
        yield temporary
        if durable:
            _flush(temporary)
        os.replace(temporary, file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        _flush(file.parent)


def replace_text(file: Path, text: str, *, durable: bool = False, is_private: bool = False) -> None:
    r"""Replace the content of a file by a text in UTF-8; arguments and errors as for `replacing`.

    An unpaired surrogate (a byte of a file's name) is written as an escape, such as \udcff.
    """
    with replacing(file, durable=durable, is_private=is_private) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def drop_leftovers(folder: Path) -> None:
    """Remove the temporary files of killed processes; no other process may be writing here."""
    for file in folder.glob(f".*{SUFFIX}"):
        file.unlink(missing_ok=True)


def real_path(path: Path) -> Path:
    """Return the absolute path without symbolic links; of a loop of links, the path itself."""
    return Path(os.path.realpath(path))


def _create(file: Path, suffix: str, mode: int) -> Path:
    """Create an empty file with a new name next to `file`; the umask applies to the mode."""
    while True:
        name = f".{file.name[:_NAME_LENGTH]}.{secrets.token_hex(4)}{suffix}"
        temporary = file.parent / name
        try:
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode))
        except FileExistsError:
            continue
        return temporary


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
