"""Readers of downloaded texts: plain, gzipped, or in a zip file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from rnnlab.corpora._encoding import open_bytes
from rnnlab.corpora._source import Output, Request, decoded, zip_text

Reader = Callable[[Path, Request], Output]


def plain_text(file_name: str) -> Reader:
    """Return a reader of a text file, plain or gzipped."""

    def blocks(file: Path) -> Iterator[str]:
        with open_bytes(file) as stream:
            yield from decoded(stream)

    return lambda file, _: Output(file_name, blocks(file))


def zipped_text(file_name: str, member: str) -> Reader:
    """Return a reader of one member of a zip file."""
    return lambda file, _: Output(file_name, zip_text(file, member))
