"""The records of a journal one by one, in little memory, without those that were discarded."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from math import inf
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

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
    limits = [_Limits(inf, inf)]
    events = filter(_is_rewind, _records(file, end, (EventRecord,), block_bytes))
    for event in reversed(list(events)):
        limits.append(limits[-1].after(event))
    # The last entry is that of all rewinds to come.
    for record in _records(file, end, (EventRecord, *kinds), block_bytes):
        if _is_rewind(record) and len(limits) > 1:
            limits.pop()
        limit = limits[-1].samples if isinstance(record, SampleRecord) else limits[-1].others
        if isinstance(record, kinds) and (record.step <= limit or isinstance(record, EventRecord)):
            yield record


class _Limits(NamedTuple):
    """The highest steps that rewinds keep."""

    samples: float
    others: float

    def after(self, event: Record) -> _Limits:
        """Return the limits of these rewinds and an earlier one."""
        # A run that starts again from step 0 writes the samples of step 0 again.
        is_start = isinstance(event, EventRecord) and event.event == "started"
        return _Limits(min(self.samples, event.step - is_start), min(self.others, event.step))


def _is_rewind(record: Record) -> bool:
    return isinstance(record, EventRecord) and record.event in REWINDING


def _records(
    file: Path, end: int, kinds: Sequence[type[Any]], block_bytes: int
) -> Iterator[Record]:
    """Yield the records of some kinds in the first `end` bytes of a file."""
    names = {kind.kind.encode() for kind in kinds}
    try:
        with open_binary(file) as stream:
            whole = WholeLines()
            while block := stream.read(min(block_bytes, end - stream.tell())):
                lines = [line for line in whole.split(block) if _may_be(line, names)]
                yield from (r for r in decode_lines(lines) if isinstance(r, tuple(kinds)))
    except OSError:
        return


def _may_be(line: bytes, names: set[bytes]) -> bool:
    """Return whether a line may hold a record of these kinds; decoding it is slow."""
    kind = _KIND.match(line)
    return kind is None or kind[1] in names
