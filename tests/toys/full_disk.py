"""A disk that takes no more bytes: the kernel refuses every write to a file."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager


def refuse_writes() -> None:
    """Make every write to a file of this process fail with EFBIG, from now on."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))


def accept_writes() -> None:
    """End `refuse_writes`."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def full_disk() -> Iterator[None]:
    """Refuse writes during the block."""
    refuse_writes()
    try:
        yield
    finally:
        accept_writes()
