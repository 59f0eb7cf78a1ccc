"""Files that are there as a whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnnlab.base.errors import BadInputError, RnnlabError

SUFFIX = ".part"


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Give a temporary file beside `file`, which takes its place at the end, on disk by then.

    Whatever goes wrong meanwhile, nothing of it is left. Raises BadInputError where there is no
    space, RnnlabError where the folder cannot be written to.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{file.name[:80]}.", suffix=SUFFIX, dir=file.parent
        )
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            os.chmod(temporary, 0o644)
            _flush(temporary)
            os.replace(temporary, file)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise cannot_write(file, error) from None


def cannot_write(file: Path, error: OSError) -> RnnlabError:
    """Return the error that tells why a file cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return BadInputError(
            f"no space left for {file}", "free some, or take another folder with --data"
        )
    return RnnlabError(f"cannot write {file}: {error.strerror or error}")


def _flush(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
