"""Write a file of a corpus atomically, with an error that says what to do about a full disk."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnnlab.base import files
from rnnlab.base.errors import BadInputError, RnnlabError

SUFFIX = ".part"


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Yield a temporary file that replaces `file` at the end; its folder is created if needed.

    Raises BadInputError if the disk is full, RnnlabError if the folder cannot be written to.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(file, suffix=SUFFIX) as temporary:
            yield temporary
    except OSError as error:
        raise cannot_write(file, error) from None


def cannot_write(file: Path, error: OSError) -> RnnlabError:
    """Return the error that says why a file cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return BadInputError(
            f"no space left for {file}", "free some space, or choose another folder with --data"
        )
    return RnnlabError(f"cannot write {file}: {error.strerror or error}")
