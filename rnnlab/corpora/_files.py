"""Text files, plain or gzipped: their endings, and reading them with errors fit for a user."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO, cast

from rnnlab.errors import BadInputError

GZIP = ".gz"
DOCUMENT_ENDINGS = (".csv", ".tsv", ".jsonl")
"""Tables of labelled documents."""
ENDINGS = tuple(end + gz for end in (".txt", *DOCUMENT_ENDINGS) for gz in ("", GZIP))
"""Endings of a corpus in a data folder; the first that is there is taken."""


def bare_name(file: str) -> str:
    """Return a file's name without folder and endings: `reviews` for `data/reviews.csv.gz`."""
    return Path(_without_gzip(Path(file).name)).stem


def ending(file: Path) -> str:
    """Return the ending of a file in lower case, without that of gzip: `.csv`."""
    return Path(_without_gzip(file.name)).suffix.lower()


def holds_documents(file: Path) -> bool:
    """Return whether a file is, by its ending, a table of labelled documents."""
    return ending(file) in DOCUMENT_ENDINGS


@contextmanager
def reading(file: Path, newline: str | None = None) -> Iterator[TextIO]:
    """Open a text file, gzipped where its name says so; UTF-8, a byte order mark is dropped.

    newline: as for `open`. Raises BadInputError, also for what goes wrong while it is read: when
    the file is not there, not UTF-8 (with the line) or broken.
    """
    try:
        with (
            gzip.open(file, "rt", encoding="utf-8-sig", newline=newline)
            if _is_gzipped(file)
            else file.open(encoding="utf-8-sig", newline=newline)
        ) as stream:
            yield cast(TextIO, stream)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise BadInputError(
            f"{file} is not UTF-8 (byte 0x{byte:02x}) in line {_first_bad_line(file)}",
            "convert it first",
        ) from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise BadInputError(f"{file} is no whole gzip file", "get it again") from None
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror}") from None


def _first_bad_line(file: Path) -> int:
    """Return the number of the first line that is not UTF-8: readers decode blocks, not lines."""
    with gzip.open(file) if _is_gzipped(file) else file.open("rb") as stream:
        for number, line in enumerate(cast(IO[bytes], stream), 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return number


def _is_gzipped(file: Path) -> bool:
    return file.name.lower().endswith(GZIP)


def _without_gzip(name: str) -> str:
    return name[: -len(GZIP)] if name.lower().endswith(GZIP) else name
