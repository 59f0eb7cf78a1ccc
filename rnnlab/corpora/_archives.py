"""Readers of downloaded texts: plain, gzipped, in a zip file or in a tar file.

Nothing is extracted to the disk. An archive may be malicious: its members, their names and their
sizes are checked.
"""

from __future__ import annotations

import gzip
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from rnnlab.base.errors import BadInputError
from rnnlab.base.regular_files import open_binary
from rnnlab.corpora._encoding import open_bytes
from rnnlab.corpora._source import (
    DISTRUST,
    Output,
    Request,
    archive_errors,
    check_member,
    decoded,
    zip_text,
)
from rnnlab.corpora._unpacking import UNPACK_LIMIT, UnpackLimit, unpacked

Reader = Callable[[Path, Request], Output]


class TarLimits(NamedTuple):
    """An archive that exceeds one of these limits is refused; known corpora stay far below them."""

    num_members: int = 1_000_000
    member_bytes: int = 1 << 20
    """Maximum size of a member that is read."""
    unpacked: UnpackLimit = UNPACK_LIMIT
    """Of the whole archive."""


TAR_LIMITS = TarLimits()


def plain_text(file_name: str) -> Reader:
    """Return a reader of a text file, plain or gzipped."""

    def blocks(file: Path) -> Iterator[str]:
        with open_bytes(file) as stream:
            yield from decoded(stream)

    return lambda file, _: Output(file_name, blocks(file))


def zipped_text(file_name: str, member: str) -> Reader:
    """Return a reader of one member of a zip file."""
    return lambda file, _: Output(file_name, zip_text(file, member))


def tar_members(
    file: Path, pattern: re.Pattern[str], limits: TarLimits = TAR_LIMITS
) -> Iterator[tuple[re.Match[str], bytes]]:
    """Yield the match and the content of each regular member whose whole name matches a pattern.

    file: a gzipped tar file. Raises BadInputError for a broken file, for a member outside of the
    archive's folder, and beyond a limit.
    """
    with (
        archive_errors(file),
        open_binary(file) as packed,
        gzip.GzipFile(fileobj=packed) as content,
        unpacked(
            content, os.fstat(packed.fileno()).st_size, str(file), limits.unpacked, DISTRUST
        ) as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        for number, member in enumerate(archive, 1):
            if number > limits.num_members:
                raise BadInputError(
                    f"{file} has more than {limits.num_members:,} members", DISTRUST
                )
            check_member(member.name, file)
            match = pattern.fullmatch(member.name)
            reader = archive.extractfile(member) if match and member.isreg() else None
            if match is None or reader is None:
                continue
            if member.size > limits.member_bytes:
                raise BadInputError(
                    f"{file} has a member of {member.size:,} bytes: {member.name}", DISTRUST
                )
            yield match, reader.read()
