"""The reason for a worker's failure, as a message to the user with advice."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from rnnlab.base.errors import RnnlabError, one_line
from rnnlab.base.failures import cause_of, is_gpu_failure
from rnnlab.base.regular_files import write_bytes
from rnnlab.runs.paths import RunPaths

_RESERVE_BYTES = 1 << 16


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


def reason_of(error: BaseException, folder: Path) -> str:
    """Return one line: why the run in `folder` failed, and advice if there is any."""
    if isinstance(error, RnnlabError):
        return str(error)  # already has place and advice
    cause = cause_of(error, folder)
    if cause is not None:
        resume = f"`rnnlab resume {folder.name}`"
        if is_gpu_failure(error):
            return f"{cause.what}; {resume} continues from the last checkpoint; {cause.remedy}"
        return one_line(f"{cause}, then use {resume}")
    if isinstance(error, OSError) and error.strerror:
        return one_line(f"{error.strerror or error}: {error.filename or 'the run directory'}")
    return one_line(f"{type(error).__name__}: {error}; see worker.log")
