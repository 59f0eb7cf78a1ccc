"""A disk that takes no more bytes: the kernel refuses every write to a file."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager


def refuse_writes(beyond: int = 0) -> None:
    """Make every write of this process beyond a size of a file fail with EFBIG, from now on.

    beyond: size of a file in bytes.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (beyond, hard))


def accept_writes() -> None:
    """End `refuse_writes`."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def full_disk(beyond: int = 0) -> Iterator[None]:
    """Refuse writes during the block; see `refuse_writes`."""
    refuse_writes(beyond)
    try:
        yield
    finally:
        accept_writes()
