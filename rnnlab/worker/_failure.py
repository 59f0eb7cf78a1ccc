"""The reason for a worker's failure, as a message to the user with advice."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

from rnnlab.base.display import count
from rnnlab.base.errors import RnnlabError, one_line
from rnnlab.base.regular_files import write_bytes
from rnnlab.runs.paths import RunPaths

_RESERVE_BYTES = 1 << 16
_NO_SPACE = ("no space left", "os error 28", "disk quota exceeded", "os error 122")
_NO_MEMORY = ("can't allocate memory", "cannot allocate memory", "out of memory", "bad_alloc")


class Reserve:
    """A small file that reserves disk space for a run's final status and event."""

    def __init__(self, paths: RunPaths) -> None:
        self._file = paths.reserve
        with contextlib.suppress(OSError):
            # Random bytes, because some file systems do not allocate blocks for zeros.
            write_bytes(self._file, os.urandom(_RESERVE_BYTES))

    def free(self) -> None:
        """Delete the file to free its disk space."""
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error, perhaps wrapped by a library, means that the disk is full."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(words in str(error).lower() for words in _NO_SPACE)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of Python or torch means that memory (of the host or GPU) ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    is_ours = isinstance(error, RnnlabError)
    return not is_ours and any(words in str(error).lower() for words in _NO_MEMORY)


def reason_of(error: BaseException, folder: Path) -> str:
    """Return one line: why the run in `folder` failed, and advice if there is any."""
    if isinstance(error, RnnlabError):
        return str(error)  # already has place and advice
    if is_disk_full(error):
        return one_line(
            f"the disk is full ({_free(folder)} bytes free in the folder of runs); free some "
            f"space, for example with `rnnlab bin empty`, then use `rnnlab resume {folder.name}`"
        )
    if is_out_of_memory(error):
        return "out of memory; lower --batch, --length or --hidden, or stop other runs"
    if isinstance(error, OSError) and error.strerror:
        return one_line(f"{error.strerror or error}: {error.filename or 'the run directory'}")
    return one_line(f"{type(error).__name__}: {error}; see worker.log")


def _free(folder: Path) -> str:
    try:
        return count(float(shutil.disk_usage(folder).free))
    except OSError:
        return "unknown"
