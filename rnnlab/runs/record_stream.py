"""The records of a journal one by one, in little memory, without those that were discarded."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import TypeVar

from rnnlab.base.regular_files import open_binary
from rnnlab.runs._overview import WholeLines
from rnnlab.runs.history import REWINDING
from rnnlab.runs.records import EventRecord, Record, SampleRecord, decode_lines

_R = TypeVar("_R", bound=Record)
_KIND = re.compile(rb'\{"kind": "(\w+)"')
"""Matches the beginning of a line that this program has written."""
_BLOCK_BYTES = 1 << 20
"""Number of bytes to read at once: some thousand records."""


def stream_records(file: Path, *kinds: type[_R], block_bytes: int = _BLOCK_BYTES) -> Iterator[_R]:
    """Yield the records of some kinds that a run has kept, in the order of the file.

    A worker that resumes or rolls back discards the records of later steps: they are left out, as
    in a `History`. A missing file yields nothing. block_bytes: bytes to read at once, which bound
    the memory.
    """
    try:
        with open_binary(file) as stream:
            end = os.fstat(stream.fileno()).st_size
    except OSError:
        return
    rewinds = [
        record for record in _records(file, end, (EventRecord,), block_bytes) if _rewinds(record)
    ]
    limits = [(inf, inf)]
    for record in reversed(rewinds):
        limits.append(tuple(map(min, limits[-1], _limits(record))))
    # The last entry: the highest steps that all rewinds to come keep, of samples and of others.
    for record in _records(file, end, (*kinds, EventRecord), block_bytes):
        if _rewinds(record) and len(limits) > 1:
            limits.pop()
        limit = limits[-1][0 if isinstance(record, SampleRecord) else 1]
        if isinstance(record, kinds) and (record.step <= limit or isinstance(record, EventRecord)):
            yield record


def _limits(record: EventRecord) -> tuple[float, float]:
    """Return the highest step that a rewind keeps, of samples and of other records."""
    # A run that starts again from step 0 writes the samples of step 0 again.
    return record.step - (record.event == "started"), record.step


def _rewinds(record: Record) -> bool:
    return isinstance(record, EventRecord) and record.event in REWINDING


def _records(
    file: Path, end: int, kinds: tuple[type[Record], ...], block_bytes: int
) -> Iterator[Record]:
    """Yield the records of some kinds in the first `end` bytes of a file."""
    names = {kind.kind.encode() for kind in kinds}
    try:
        with open_binary(file) as stream:
            whole = WholeLines()
            while block := stream.read(min(block_bytes, end - stream.tell())):
                lines = [line for line in whole.split(block) if _may_be(line, names)]
                yield from (record for record in decode_lines(lines) if isinstance(record, kinds))
    except OSError:
        return


def _may_be(line: bytes, names: set[bytes]) -> bool:
    """Return whether a line may hold a record of these kinds; decoding it is slow."""
    kind = _KIND.match(line)
    return kind is None or kind[1] in names
