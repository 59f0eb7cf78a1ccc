"""Text files, plain or gzipped: their endings, and a reader with error messages for the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._encoding import Progress, open_bytes

GZIP = ".gz"
DOCUMENT_ENDINGS = (".csv", ".tsv", ".jsonl")
"""Endings of files of labelled documents."""
ENDINGS = tuple(end + gz for end in (".txt", *DOCUMENT_ENDINGS) for gz in ("", GZIP))
"""Endings of the files of a corpus; the first ending for which there is a file counts."""


def bare_name(file: str) -> str:
    """Return a file's name without folder and ending: `reviews` for `data/reviews.csv.gz`."""
    return Path(_without_gzip(Path(file).name)).stem


def ending(file: Path) -> str:
    """Return the ending of a file in lower case, without `.gz`: `.csv` for `A.CSV.gz`."""
    return Path(_without_gzip(file.name)).suffix.lower()


def holds_documents(file: Path) -> bool:
    """Return whether a file holds labelled documents, judged by its ending."""
    return ending(file) in DOCUMENT_ENDINGS


@contextmanager
def reading(
    file: Path,
    newline: str | None = None,
    codec: str = "utf-8-sig",
    progress: Progress | None = None,
) -> Iterator[TextIO]:
    """Open a text file, decompressed if its name ends in .gz; a byte order mark is dropped.

    newline: as for `open`. Raises BadInputError, also within the `with` block, if the file does not
    exist, is not in the encoding (with the number of the line) or is a broken gzip file.
    """
    with open_bytes(file, progress) as stream:
        try:
            with TextIOWrapper(stream, encoding=codec, newline=newline) as text:
                yield text
        except UnicodeDecodeError as error:
            if codec != "utf-8-sig":
                raise BadInputError(
                    f"{file} is not {codec}: {error.reason}",
                    "give its encoding with --encoding NAME",
                ) from None
            byte = error.object[error.start]
            raise BadInputError(
                f"{file} is not UTF-8 (byte 0x{byte:02x}) in line {_first_bad_line(file)}",
                "add the file with `rnnlab corpora add NAME FILE`, which detects the encoding",
            ) from None
        except UnicodeError:
            raise BadInputError(
                f"{file} is not {codec}", "give its encoding with --encoding NAME"
            ) from None


def _first_bad_line(file: Path) -> int:
    """Return the number of the first line that is not UTF-8.

    Python's error does not contain this number, because Python decodes blocks, not lines.
    """
    with open_bytes(file) as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return number


def _without_gzip(name: str) -> str:
    return name[: -len(GZIP)] if name.lower().endswith(GZIP) else name
