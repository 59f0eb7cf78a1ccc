"""Sources of downloadable corpora; a module in `corpora/sources` defines `SOURCE = Source(...)`.

A form is one format in which a corpus is distributed. The form of a file is recognised by the hash
of the file; if a form has no known hash, by the ending of the file's name, without a check.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Literal, NamedTuple, cast

from rnnlab.base.errors import BadInputError
from rnnlab.base.regular_files import UnfitFileError, open_binary
from rnnlab.corpora._unpacking import UNPACK_LIMIT, unpacked

DISTRUST = "do not use this archive: it may be malicious"
"""Advice about an archive that no source distributes."""
_BLOCK = 1 << 20
_BLOCK_CHARS = 1 << 22


class Request(NamedTuple):
    """Options for fetching word vectors; sources of other corpora ignore them."""

    width: int = 100
    """Number of elements of a vector."""
    words: frozenset[str] | None = None
    """Words whose vectors to extract; None for all."""


class Output(NamedTuple):
    """A file to be written to the data folder: its name and its text in blocks."""

    file_name: str
    blocks: Iterable[str]


@dataclass(frozen=True)
class Form:
    """One format in which a corpus is distributed."""

    endings: tuple[str, ...]
    read: Callable[[Path, Request], Output]
    sha256: str | None = None
    """SHA-256 of the file; None if it is unknown: then only the ending is compared."""


@dataclass(frozen=True)
class Source:
    """A downloadable corpus."""

    url: str
    size_bytes: int
    """Size of the download."""
    licence: str
    forms: tuple[Form, ...]
    """All known forms; the first is the form of the file at `url`."""
    kind: Literal["stream", "classify", "vectors"] = "stream"
    """The suggested task, or `vectors`."""
    keeps_archive: bool = False
    """Whether to keep the downloaded file, because only a part of its data is extracted."""

    @property
    def archive_name(self) -> str:
        """File name of the download, from the last part of `url`."""
        return PurePosixPath(self.url).name


def form_of(source: Source, file: Path) -> Form:
    """Return the form of a file.

    Raise BadInputError if neither its SHA-256 nor its file name ending is known.
    """
    name = file.name.lower()
    sha256 = _sha256(file)
    for form in source.forms:
        if form.sha256 == sha256:
            return form
    for form in source.forms:
        if form.sha256 is None and name.endswith(form.endings):
            return form
    known = ", ".join(
        f"{form.endings[0]} {form.sha256[:12]}…" for form in source.forms if form.sha256
    )
    raise BadInputError(
        f"{file} is not the expected file: its SHA-256 is {sha256[:12]}…, expected: {known}",
        "download it again, or add it unchecked with `rnnlab corpora add NAME FILE`",
    )


@contextmanager
def archive_errors(file: Path) -> Iterator[None]:
    """Turn the errors of a broken archive into BadInputError."""
    try:
        yield
    except UnfitFileError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror or error}") from None
    except (
        gzip.BadGzipFile,
        zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, KeyError, NotImplementedError,
        RuntimeError, UnicodeError,
    ):  # fmt: skip
        raise BadInputError(
            f"{file} is not a complete archive of the expected layout", "download it again"
        ) from None


def zip_text(file: Path, member: str) -> Iterator[str]:
    """Yield the text of a zip file's member in blocks; raises BadInputError for a broken file."""
    with archive_errors(file), open_binary(file) as content, zipfile.ZipFile(content) as archive:
        for name in archive.namelist():
            check_member(name, file)
        size = archive.getinfo(member).compress_size
        with (
            cast(zipfile.ZipExtFile, archive.open(member)) as packed,
            unpacked(packed, size, f"{file}: {member}", UNPACK_LIMIT) as stream,
        ):
            yield from decoded(stream)


def decoded(stream: IO[bytes]) -> Iterator[str]:
    """Yield the text of a UTF-8 stream in blocks; an incomplete last character is dropped."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while block := stream.read(_BLOCK_CHARS):
        yield decoder.decode(block)


def check_member(name: str, file: Path) -> None:
    """Raise BadInputError if an archive's member would be extracted outside the target folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise BadInputError(
            f"{file} has a member outside of its folder: {name!r}",
            DISTRUST,
        )


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    try:
        with open_binary(file) as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror or error}") from None
    return digest.hexdigest()
