"""What a file of `corpora/sources` says of a corpus of others: `SOURCE = Source(...)`.

A form is one kind of file in which a corpus comes. The hash of a file decides which form it is; one
without a known hash is told by its ending and taken as it is.
"""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Literal, NamedTuple

from rnnlab.base.errors import BadInputError

_BLOCK = 1 << 20
_BLOCK_CHARS = 1 << 22


class Request(NamedTuple):
    """What of a corpus is wanted."""

    width: int = 100
    """Numbers of a word vector."""
    words: frozenset[str] | None = None
    """Words whose vectors are kept; None for all."""


class Output(NamedTuple):
    """A file of the data folder, as it is written."""

    file_name: str
    blocks: Iterable[str]


@dataclass(frozen=True)
class Form:
    """One kind of file in which a corpus comes."""

    endings: tuple[str, ...]
    read: Callable[[Path, Request], Output]
    sha256: str | None = None
    """None where no hash is known: then the ending decides."""


@dataclass(frozen=True)
class Source:
    """A corpus of others."""

    url: str
    size_bytes: int
    """Of what is downloaded."""
    licence: str
    forms: tuple[Form, ...]
    """The first is what the address gives."""
    kind: Literal["stream", "classify", "vectors"] = "stream"
    keeps_archive: bool = False
    """Whether what was downloaded stays, since it holds more than was read."""

    @property
    def archive_name(self) -> str:
        """Name of the downloaded file."""
        return PurePosixPath(self.url).name


def form_of(source: Source, file: Path) -> Form:
    """Return the form that a file is; raises BadInputError where its hash is not the known one."""
    name = file.name.lower()
    found = _sha256(file)
    for form in source.forms:
        if form.sha256 == found:
            return form
    for form in source.forms:
        if form.sha256 is None and name.endswith(form.endings):
            return form
    known = ", ".join(
        f"{form.endings[0]} {form.sha256[:12]}…" for form in source.forms if form.sha256
    )
    raise BadInputError(
        f"{file} is not the file that is known: its SHA-256 is {found[:12]}…, known: {known}",
        "get it again; `rnnlab corpora add NAME FILE` takes any file",
    )


@contextmanager
def archive_errors(file: Path) -> Iterator[None]:
    """Turn what is wrong with an archive into one line."""
    try:
        yield
    except (
        zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, KeyError, NotImplementedError,
        RuntimeError, UnicodeError,
    ):  # fmt: skip
        raise BadInputError(
            f"{file} is no whole archive of the known layout", "get it again"
        ) from None


def zip_text(file: Path, member: str) -> Iterator[str]:
    """Give the text of a member of a zip file in blocks; raises BadInputError for a bad archive."""
    with archive_errors(file), zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            check_member(name, file)
        with archive.open(member) as stream:
            yield from decoded(stream)


def decoded(stream: IO[bytes]) -> Iterator[str]:
    """Give the text of bytes in UTF-8 in blocks; a letter that is cut at their end is left out."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while block := stream.read(_BLOCK_CHARS):
        yield decoder.decode(block)


def check_member(name: str, file: Path) -> None:
    """Raise BadInputError for a member of an archive that would lie outside of a folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise BadInputError(
            f"{file} has a member that leaves its folder: {name!r}", "do not trust that archive"
        )


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror}") from None
    return digest.hexdigest()
