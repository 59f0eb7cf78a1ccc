"""Text files, plain or gzipped: their endings, and a reader with error messages for the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._encoding import Progress, open_bytes
from rnnlab.corpora._repair import Repairs
from rnnlab.corpora._unpacking import UNPACK_LIMIT, UnpackLimit

GZIP = ".gz"
DOCUMENT_ENDINGS = (".csv", ".tsv", ".jsonl")
"""Endings of files of labelled documents."""
ENDINGS = tuple(end + gz for end in (".txt", *DOCUMENT_ENDINGS) for gz in ("", GZIP))
"""Endings of the files of a corpus; the first ending for which there is a file counts."""
ADVICE = (
    "add it with `rnnlab corpora add NAME FILE`, which detects the encoding, or read it without "
    "its invalid bytes: --errors replace|skip"
)
"""What to do about a text that is not UTF-8."""


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
    repairs: Repairs | None = None,
    limit: UnpackLimit = UNPACK_LIMIT,
    advice: str = ADVICE,
) -> Iterator[TextIO]:
    """Open a text file, decompressed if its name ends in .gz; a byte order mark is dropped.

    newline: as for `open`. repairs: treatment of invalid bytes, by default an error. limit: of the
    decompressed size. advice: what to do about a text that is not UTF-8. Raises BadInputError, also
    within the `with` block, if the file does not exist, is not in the encoding (with line and byte
    offset) or is a broken gzip file.
    """
    repairs = repairs or Repairs()
    with open_bytes(file, progress, limit) as stream:
        try:
            with TextIOWrapper(stream, codec, repairs.handler, newline) as text:
                yield repairs.reading(text)
        except UnicodeDecodeError as error:
            if codec != "utf-8-sig":
                raise not_in(codec, file, f": {error.reason}") from None
            byte = error.object[error.start]
            line, offset = _first_bad_byte(file, limit)
            raise BadInputError(
                f"{file} is not UTF-8 (byte 0x{byte:02x}) in line {line} (byte offset {offset:,})",
                advice,
            ) from None
        except UnicodeError:
            raise not_in(codec, file) from None


def not_in(encoding: str, file: Path, why: str = "") -> BadInputError:
    """Return the error for a file that is not in the encoding that a user has given."""
    return BadInputError(
        f"{file} is not valid {encoding}{why}",
        "give its encoding with --encoding NAME, or read it without its invalid bytes: "
        "--errors replace|skip",
    )


def _first_bad_byte(file: Path, limit: UnpackLimit) -> tuple[int, int]:
    """Return the number of the first line that is not UTF-8, and the offset of the invalid byte.

    Python's error does not contain them, because Python decodes blocks, not files.
    """
    num_bytes = number = 0
    with open_bytes(file, limit=limit) as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return number, num_bytes + error.start
            num_bytes += len(line)
    return number, num_bytes


def _without_gzip(name: str) -> str:
    return name[: -len(GZIP)] if name.lower().endswith(GZIP) else name


def read_lines(
    file: Path, progress: Progress | None = None, repairs: Repairs | None = None
) -> list[str]:
    """Return the lines of a text file that are not empty, plain or gzipped.

    repairs: treatment of invalid bytes, by default an error. Raises BadInputError.
    """
    advice = "convert it to UTF-8, or read it without its invalid bytes: --errors replace|skip"
    with reading(file, progress=progress, repairs=repairs, advice=advice) as stream:
        return [line for line in stream.read().split("\n") if line.strip()]
