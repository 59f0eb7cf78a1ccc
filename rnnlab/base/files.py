"""Replace a file atomically: a reader sees either the old or the new content, always complete."""

from __future__ import annotations

import os
import tempfile
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
    is_private: only the owner may read the file. If the block raises, `file` is unchanged and the
    temporary file is removed. Raises OSError.
    """
    handle, name = tempfile.mkstemp(
        prefix=f".{file.name[:_NAME_LENGTH]}.", suffix=suffix, dir=file.parent
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        os.chmod(temporary, 0o600 if is_private else 0o644)
        if durable:
            _flush(temporary)
        os.replace(temporary, file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        _flush(file.parent)


def replace_text(file: Path, text: str, *, durable: bool = False, is_private: bool = False) -> None:
    """Replace the content of a file by a text in UTF-8; arguments and errors as for `replacing`."""
    with replacing(file, durable=durable, is_private=is_private) as temporary:
        temporary.write_text(text, encoding="utf-8")


def drop_leftovers(folder: Path) -> None:
    """Remove the temporary files of killed processes; no other process may be writing here."""
    for file in folder.glob(f".*{SUFFIX}"):
        file.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
