"""Replace a file atomically: a reader sees the old content or the new, never a part of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".tmp"
"""End of the names of temporary files, which begin with a dot and the name of the target."""
_NAME_LENGTH = 80
"""Characters of the target's name in the temporary name: a file name may have 255 bytes."""


@contextmanager
def replacing(
    file: Path, *, durable: bool = True, is_private: bool = False, suffix: str = SUFFIX
) -> Iterator[Path]:
    """Yield the path of an empty temporary file, which replaces `file` at the end of the block.

    durable: flush the content and the folder to the disk first, to survive a power cut;
    is_private: only the owner may read the file. If the block raises, `file` stays as it was and
    the temporary file is removed. Raises OSError.
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
    """Replace the text of a file, written as UTF-8; see `replacing`."""
    with replacing(file, durable=durable, is_private=is_private) as temporary:
        temporary.write_text(text, encoding="utf-8")


def drop_leftovers(folder: Path) -> None:
    """Remove the temporary files of processes that were killed; only the folder's writer may."""
    for file in folder.glob(f".*{SUFFIX}"):
        file.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
