"""Write the status of a run, also if the disk has no space for a new file."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from rnnlab.base.files import replace_text
from rnnlab.base.regular_files import open_regular

_BLOCK = 512
"""Unit in which the kernel reports the space that a file occupies, in bytes."""


def write_status(file: Path, text: str, *, durable: bool = False) -> None:
    """Replace the status of a run; raises OSError. durable: see `replace_text`.

    If there is no space for a temporary file, overwrite the blocks that the old status occupies, in
    one write: without a status, other processes would assume that the worker was killed.
    """
    try:
        replace_text(file, text, durable=durable)
    except OSError as error:
        if not _overwrite(file, text.encode()):
            raise error from None


def _overwrite(file: Path, data: bytes) -> bool:
    """Write data over the beginning of a file, padded to its size; return False if it cannot."""
    try:
        descriptor = open_regular(file, os.O_WRONLY)
    except OSError:
        return False
    try:
        stat = os.fstat(descriptor)
        limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
        room = max(stat.st_size, stat.st_blocks * _BLOCK)
        data = data.ljust(stat.st_size)
        if len(data) > room or 0 <= limit < len(data):
            return False  # only a part would be written
        return os.pwrite(descriptor, data, 0) == len(data)
    except OSError:
        return False
    finally:
        os.close(descriptor)
